import com.tibco.tgdb.admin.impl.AdminRequest;
import com.tibco.tgdb.admin.impl.CreateUserInfo;
import com.tibco.tgdb.admin.impl.TGAdminCommand;
import com.tibco.tgdb.pdu.TGMessageFactory;
import com.tibco.tgdb.pdu.VerbId;
import com.tibco.tgdb.pdu.impl.AbstractProtocolMessage;
import com.tibco.tgdb.pdu.impl.AuthenticateRequest;
import com.tibco.tgdb.pdu.impl.BeginTransactionResponse;
import com.tibco.tgdb.pdu.impl.CommitTransactionRequest;
import com.tibco.tgdb.pdu.impl.ConnectionPropertiesMessage;
import com.tibco.tgdb.pdu.impl.DecryptBufferRequest;
import com.tibco.tgdb.pdu.impl.GetEntityRequest;
import com.tibco.tgdb.pdu.impl.GetLargeObjectRequest;
import com.tibco.tgdb.pdu.impl.HandshakeRequest;
import com.tibco.tgdb.pdu.impl.HandshakeResponse;
import com.tibco.tgdb.pdu.impl.ProtocolDataOutputStream;
import com.tibco.tgdb.pdu.impl.QueryRequest;
import com.tibco.tgdb.utils.SortedProperties;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Writes what the vendor's Java client makes of given fields, in the format of {@code tests/vectors}.
 *
 * <p>usage: java -cp CLIENT Vectors.java FOLDER; CLIENT is the class path of a ready client, FOLDER
 * where {@code java.json} and {@code primitives.json} are written.
 */
public final class Vectors {
    private static final long TOKEN = 0x1122334455667788L, SESSION = 4711, REQUEST = 42;

    private static final List<String> vectors = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("usage: java -cp CLIENT Vectors.java FOLDER");
            System.exit(2);
        }
        login();
        withoutPayload();
        transactions();
        queries();
        objects();
        administration();
        properties();
        write(arguments[0], "java.json");
        primitives();
        write(arguments[0], "primitives.json");
        System.out.flush();
        // The client's threads must not keep the program.
        Runtime.getRuntime().halt(0);
    }

    /** A message by the client's own factory. */
    private static <T extends AbstractProtocolMessage> T bare(VerbId verb, Class<T> type) throws Exception {
        return type.cast(TGMessageFactory.getInstance().createMessage(verb));
    }

    private static <T extends AbstractProtocolMessage> T make(VerbId verb, Class<T> type) throws Exception {
        T message = bare(verb, type);
        message.setRequestId(REQUEST);
        message.setAuthToken(TOKEN);
        if (!(message instanceof AdminRequest)) { // There it is the session that is to be killed.
            message.setSessionId(SESSION);
        }
        return message;
    }

    /** Keeps a message; its fields are given in JSON. */
    private static void keep(String name, AbstractProtocolMessage message, String fields) throws Exception {
        byte[] bytes = message.toBytes();
        vectors.add(String.format(
                "{\"name\": \"%s\", \"verb\": \"%s\", \"header\": {\"sequence_no\": %d, \"timestamp\": %d, "
                        + "\"request_id\": %d, \"auth_token\": %d, \"session_id\": %d}, \"fields\": {%s}, \"hex\": \"%s\"}",
                name, message.getVerbId(), message.getSequenceNo(), message.getTimestamp(), message.getRequestId(),
                message.getAuthToken(), message.getSessionId(), fields,
                hex(bytes, message.getMessageByteBufLength())));
    }

    private static void login() throws Exception {
        HandshakeRequest hello = bare(VerbId.HandShakeRequest, HandshakeRequest.class);
        hello.setRequestType(HandshakeRequest.RequestType.Initiate);
        keep("handshake, initiate", hello, "\"kind\": 1, \"ssl_mode\": false, \"challenge\": 0");
        hello = make(VerbId.HandShakeRequest, HandshakeRequest.class);
        hello.setRequestType(HandshakeRequest.RequestType.ChallengeAccepted);
        hello.setSslMode(true);
        hello.setChallenge(-2);
        keep("handshake, challenge accepted", hello, "\"kind\": 2, \"ssl_mode\": true, \"challenge\": -2");
        HandshakeResponse answer = make(VerbId.HandShakeResponse, HandshakeResponse.class);
        answer.setResponseStatus(HandshakeResponse.ResponseStatus.ProceedWithAuthentication);
        answer.setChallenge(9007366758465539L);
        keep("handshake response, proceed", answer, "\"status\": 2, \"challenge\": 9007366758465539");

        authenticate(0, "routes", null, "scott", "tiger");
        authenticate(1, "routes", List.of("user", "admin"), "sc\u00f6tt\u20ac", "tiger");
        authenticate(2, null, List.of(), "scott", "");
    }

    private static void authenticate(int number, String database, List<String> roles, String user, String password)
            throws Exception {
        AuthenticateRequest request = bare(VerbId.AuthenticateRequest, AuthenticateRequest.class);
        request.setRequestId(REQUEST);
        request.setDatabaseName(database);
        request.setClientId("tgdb.java-api.client");
        request.setInboxAddr("localhost/127.0.0.1");
        request.setRoles(roles);
        request.setUserName(user);
        request.setPassword(password.getBytes(StandardCharsets.UTF_8));
        List<String> quoted = new ArrayList<>();
        if (roles != null) {
            roles.forEach(role -> quoted.add(text(role)));
        }
        keep("authenticate " + number, request, String.format(
                "\"database\": %s, \"client_id\": \"tgdb.java-api.client\", \"inbox_addr\": \"localhost/127.0.0.1\", "
                        + "\"roles\": %s, \"user\": %s, \"password\": %s",
                text(database), roles == null ? "null" : quoted, text(user), text(password)));
    }

    private static void withoutPayload() throws Exception {
        VerbId[] verbs = {
            VerbId.PingMessage, VerbId.BeginTransactionRequest, VerbId.RollbackTransactionRequest,
            VerbId.RollbackTransactionResponse, VerbId.TraverseRequest, VerbId.TraverseResponse,
            VerbId.MetadataRequest, VerbId.DumpStacktraceRequest, VerbId.DisconnectChannelRequest,
            VerbId.InvalidMessage,
        };
        for (VerbId verb : verbs) {
            boolean repeats = verb == VerbId.DisconnectChannelRequest;
            keep(verb.toString(), make(verb, AbstractProtocolMessage.class), repeats ? "\"repeats_session\": true" : "");
        }
    }

    private static void transactions() throws Exception {
        BeginTransactionResponse begun = make(VerbId.BeginTransactionResponse, BeginTransactionResponse.class);
        begun.setTransactionId(99);
        keep("begin transaction response", begun, "\"transaction_id\": 99");
        CommitTransactionRequest commit = make(VerbId.CommitTransactionRequest, CommitTransactionRequest.class);
        commit.addCommitLists(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>(),
                Collections.emptySet());
        keep("commit of nothing", commit, "\"length\": 8, \"checksum\": 0, \"changes\": \"\"");
    }

    private static void queries() throws Exception {
        String query = "@nodetype = 'airport\u00e9';";
        for (int command = 1; command <= 7; command++) {
            QueryRequest request = make(VerbId.QueryRequest, QueryRequest.class);
            request.setCommand(command);
            request.setFetchSize(10);
            request.setBatchSize((short) 20);
            request.setTraversalDepth((short) 4);
            request.setEdgeFetchSize((short) 5);
            String fields = "\"length\": 1, \"checksum\": 1, \"command\": " + command + ", \"options\": [10, 20, 4, 5]";
            if (command == 2) {
                request.setSortAttrName("iata");
                request.setSortOrderDsc(true);
                request.setSortResultLimit(7);
                fields += ", \"sort\": [\"iata\", true, 7]";
            }
            if (command == 5 || command == 6) {
                request.setQueryHashId(77);
                fields += ", \"id\": 77";
            } else {
                request.setQuery(query);
                fields += ", \"text\": [" + text(query);
                if (command == 1) {
                    request.setEdgeFilter("e");
                    request.setTraversalCondition("t");
                    request.setEndCondition("n");
                    fields += ", \"e\", \"t\", \"n\"]";
                } else {
                    fields += ", null, null, null]";
                }
            }
            keep("query command " + command, request, fields);
        }
    }

    private static void objects() throws Exception {
        for (short command : new short[] {10, 20}) {
            GetEntityRequest request = make(VerbId.GetEntityRequest, GetEntityRequest.class);
            request.setCommand(command);
            request.setResultId(31);
            keep("get entity command " + command, request, "\"command\": " + command + ", \"result_id\": 31");
        }
        GetLargeObjectRequest large = make(VerbId.GetLargeObjectRequest, GetLargeObjectRequest.class);
        large.setEntityId(123456789012L);
        large.setDecryptionEnable(true);
        keep("get large object", large, "\"entity_id\": 123456789012, \"decrypt\": true");
        DecryptBufferRequest decrypt = make(VerbId.DecryptBufferRequest, DecryptBufferRequest.class);
        decrypt.setBuffer(new byte[] {0, -1, 1});
        keep("decrypt buffer", decrypt, "\"buffer\": \"00ff01\"");
    }

    private static void administration() throws Exception {
        TGAdminCommand[] commands = {
            TGAdminCommand.ShowUsers, TGAdminCommand.ShowAttrDescs, TGAdminCommand.ShowIndices,
            TGAdminCommand.ShowInfo, TGAdminCommand.ShowConnections, TGAdminCommand.StopServer,
            TGAdminCommand.CheckpointServer, TGAdminCommand.KillConnection, TGAdminCommand.CreateUser,
        };
        for (TGAdminCommand command : commands) {
            AdminRequest request = make(VerbId.AdminRequest, AdminRequest.class);
            request.setCommand(command);
            String fields = "\"command\": " + (command.ordinal() + 1);
            if (command == TGAdminCommand.KillConnection) {
                request.setSessionId(SESSION);
                fields += ", \"kill_connection\": " + SESSION;
            } else if (command == TGAdminCommand.CreateUser) {
                request.setCreateUserInfo(new CreateUserInfo("carl", "secret", "user", "admin"));
                fields += ", \"create_user\": [\"carl\", \"secret\", [\"user\", \"admin\"]]";
            }
            keep("admin " + command, request, fields);
        }
    }

    private static void properties() throws Exception {
        ConnectionPropertiesMessage message =
                make(VerbId.ConnectionPropertiesMessage, ConnectionPropertiesMessage.class);
        SortedProperties<String, String> properties = new SortedProperties<>();
        properties.put("a.key", "value");
        properties.put("b.key", null);
        properties.put("c.key", "w\u00e9rt");
        message.setProperties(properties);
        keep("connection properties", message, "\"properties\": [[\"a.key\", \"value\"], [\"b.key\", null], [\"c.key\", "
                + text("w\u00e9rt") + "]]");
    }

    private interface Writing {
        void to(ProtocolDataOutputStream out) throws Exception;
    }

    private static void primitive(String type, Object value, Writing writing) throws Exception {
        ProtocolDataOutputStream out = new ProtocolDataOutputStream();
        writing.to(out);
        vectors.add(String.format("{\"type\": \"%s\", \"value\": %s, \"hex\": \"%s\"}", type, value,
                hex(out.getBuffer(), out.getLength())));
    }

    private static void primitives() throws Exception {
        for (String value : new String[] {"", "plain", "\u00e9\u20ac", "a\u0000b", "\ud83d\ude00"}) {
            primitive("utf", text(value), out -> out.writeUTF(value));
        }
        for (String value : new String[] {"", "chars"}) {
            primitive("chars", text(value), out -> out.writeChars(value));
        }
        for (byte[] value : new byte[][] {{}, {1, 2, -1}}) {
            primitive("bytes", text(hex(value, value.length)), out -> out.writeBytes(value));
        }
        // Longer ones are written wrongly by this client.
        for (long value : new long[] {0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 0x1FFFFFFF}) {
            primitive("var_long", value, out -> out.writeVarLong(value));
        }
        for (long value : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x0102030405060708L}) {
            primitive("i64", value, out -> out.writeLong(value));
            primitive("i64_le", value, out -> out.writeLongAsBytes(value));
        }
        for (int value : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x01020304}) {
            primitive("i32", value, out -> out.writeInt(value));
        }
        for (int value : new int[] {0, -1, Short.MIN_VALUE, Short.MAX_VALUE, 0x0102}) {
            primitive("i16", value, out -> out.writeShort(value));
        }
        for (int value : new int[] {0, -1, Byte.MIN_VALUE, Byte.MAX_VALUE}) {
            primitive("i8", value, out -> out.writeByte(value));
        }
        for (int value : new int[] {'A', '\u20ac'}) {
            primitive("utf16_unit", value, out -> out.writeChar(value));
        }
        for (float value : new float[] {0, 1.5f, -3.25f, Float.MAX_VALUE}) {
            primitive("f32", value, out -> out.writeFloat(value));
        }
        for (double value : new double[] {0, 1.5, -3.25, Double.MIN_VALUE}) {
            primitive("f64", value, out -> out.writeDouble(value));
        }
        for (boolean value : new boolean[] {false, true}) {
            primitive("bool", value, out -> out.writeBoolean(value));
        }
    }

    /** A string in JSON; all characters but ASCII's printable ones are escaped. */
    private static String text(String value) {
        if (value == null) {
            return "null";
        }
        StringBuilder json = new StringBuilder("\"");
        for (char unit : value.toCharArray()) {
            boolean plain = unit >= ' ' && unit <= '~' && unit != '"' && unit != '\\';
            json.append(plain ? String.valueOf(unit) : String.format("\\u%04x", (int) unit));
        }
        return json.append('"').toString();
    }

    private static String hex(byte[] bytes, int length) {
        StringBuilder hex = new StringBuilder();
        for (int index = 0; index < length; index++) {
            hex.append(String.format("%02x", bytes[index]));
        }
        return hex.toString();
    }

    private static void write(String folder, String name) throws Exception {
        Files.writeString(Path.of(folder, name), "[\n" + String.join(",\n", vectors) + "\n]\n");
        System.out.println(name + ": " + vectors.size() + " vectors");
        vectors.clear();
    }
}
