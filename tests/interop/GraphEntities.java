import com.tibco.tgdb.channel.TGChannel;
import com.tibco.tgdb.channel.TGChannelFactory;
import com.tibco.tgdb.channel.impl.AbstractChannel;
import com.tibco.tgdb.channel.impl.DataCryptoGrapher;
import com.tibco.tgdb.connection.impl.ConnectionImpl;
import com.tibco.tgdb.model.TGEdge;
import com.tibco.tgdb.model.TGEntity;
import com.tibco.tgdb.model.TGNode;
import com.tibco.tgdb.model.impl.AbstractEntity;
import com.tibco.tgdb.model.impl.GraphMetadataImpl;
import com.tibco.tgdb.model.impl.GraphObjectFactoryImpl;
import com.tibco.tgdb.pdu.TGInputStream;
import com.tibco.tgdb.pdu.TGMessageFactory;
import com.tibco.tgdb.pdu.TGOutputStream;
import com.tibco.tgdb.pdu.VerbId;
import com.tibco.tgdb.pdu.impl.CommitTransactionRequest;
import com.tibco.tgdb.pdu.impl.MetadataResponse;
import com.tibco.tgdb.pdu.impl.ProtocolDataInputStream;
import com.tibco.tgdb.pdu.impl.ProtocolDataOutputStream;
import com.tibco.tgdb.utils.SortedProperties;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;

/**
 * Writes what the vendor's Java client writes of entities, commits and encrypted attributes.
 *
 * <p>usage: java -cp CLIENT GraphEntities.java FOLDER; CLIENT is the class path of a ready client, FOLDER
 * holds {@code graph.json} and {@code graph_encryption.json} in the format of {@code tests/vectors}. What
 * Java wrote is put in the place of what the files have, and what differs is named.
 */
public final class GraphEntities {
    private static final String GRAPH = "graph.json", ENCRYPTION = "graph_encryption.json";
    /** Descriptor, null flag and length of an encrypted block. */
    private static final int BLOCK = 9;
    /** Node 100 as a server sends it, with three edges. */
    private static final String NODE = "000000400002000000000000006400000003000003e9000000010000000a000003416e6e"
            + "0000000300000000000000c800000000000000c900000000000000ca";

    private static final Map<String, TGEntity> entities = new HashMap<>();
    private static AbstractChannel channel;
    private static GraphObjectFactoryImpl factory;
    private static int recorded, differing;
    private static boolean failed;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("usage: java -cp CLIENT GraphEntities.java FOLDER");
            System.exit(2);
        }
        Path graph = Path.of(arguments[0], GRAPH), encryption = Path.of(arguments[0], ENCRYPTION);
        // A connection that is never used: the client finds the metadata and the cipher by it.
        channel = (AbstractChannel) TGChannelFactory.getInstance().createChannel("tcp://localhost:8222", "scott", "scott");
        ConnectionImpl connection = new ConnectionImpl(null, channel, new SortedProperties<String, String>());
        factory = (GraphObjectFactoryImpl) field(ConnectionImpl.class, "gof").get(connection);

        String text = Files.readString(graph);
        describe(match(text, "\"metadata\": .*?\"hex\": \"([0-9a-f]+)\""));
        make(text);
        List<String> lines = Files.readAllLines(graph);
        for (int index = 0; index < lines.size(); index++) {
            lines.set(index, entry(lines.get(index)));
        }
        Files.writeString(graph, String.join("\n", lines) + "\n");
        end(GRAPH);

        Files.writeString(encryption, encrypted(Files.readString(encryption)));
        end(ENCRYPTION);
        System.out.flush();
        // The client's threads must not keep the program.
        Runtime.getRuntime().halt(failed ? 1 : 0);
    }

    private static void end(String file) {
        System.out.printf("%s: %d of Java's recorded, %d of them differ from what was there%n", file, recorded, differing);
        failed |= differing > 0;
        recorded = 0;
        differing = 0;
    }

    /** Takes the metadata that all vectors refer to. */
    private static void describe(String payload) throws Exception {
        MetadataResponse reply = (MetadataResponse) TGMessageFactory.getInstance().createMessage(VerbId.MetadataResponse);
        method(MetadataResponse.class, "readPayload", TGInputStream.class)
                .invoke(reply, new ProtocolDataInputStream(bytes(payload)));
        ((GraphMetadataImpl) factory.getGraphMetaData())
                .updateMetadata(reply.getAttrDescList(), reply.getNodeTypeList(), reply.getEdgeTypeList());
    }

    /** Makes the entities, by their names in the vectors. The ids of new ones count down from -1. */
    private static void make(String text) throws Exception {
        entities.put("n1", node("person", "name", "Robert", "count", 3));
        node("person");
        entities.put("new node, empty string", node("city", "name", ""));
        TGNode all = node("person", "flag", true, "tiny", (byte) -5, "letter", '\u4e2d', "small", (short) -300,
                "count", 7, "big", 1L << 40, "ratio", 1.5f, "exact", -2.5, "price", new BigDecimal("12.34500"),
                "name", "\u65e5\u672c", "day", moment(2020, 2, 29, 0, 0, 0, 0),
                "stamp", moment(1969, 12, 31, 23, 59, 59, 999), "text", "long text", "data", new byte[] {0, -1});
        largeObject(all, "text", -10);
        largeObject(all, "data", -11);
        entities.put(match(text, "\"name\": \"(new node, all attribute types.*?)\""), all);
        TGNode first = node("person", "name", "a"), second = node("person", "name", "b");
        TGEdge edge = factory.createEdge(first, second, factory.getGraphMetaData().getEdgeType("knows"));
        edge.setAttribute("stamp", moment(2020, 6, 15, 12, 0, 0, 0));
        entities.put("new directed edge, typed, one attribute", edge);
        entities.put("new undirected edge without type",
                factory.createEdge(first, second, TGEdge.DirectionType.UnDirected));
        entities.put("new bidirectional self-loop without type",
                factory.createEdge(second, second, TGEdge.DirectionType.BiDirectional));
        entities.put("new node with two new edges", first);
        entities.put("new node with a self-loop", second);
        entities.putAll(Map.of("n5", first, "n6", second, "e1", edge));

        TGEntity changed = read(TGEntity.TGEntityKind.Node, NODE);
        changed.setAttribute("count", 8);
        entities.put("node from the server with one attribute changed", changed);
        String sent = "\"name\": \"%s\".*?\"hex\": \"([0-9a-f]+)\"";
        changed = read(TGEntity.TGEntityKind.Node, match(text, String.format(sent, "node from the server, flagged new")));
        changed.setAttribute("name", "y");
        entities.put("s4", changed);
        changed = read(TGEntity.TGEntityKind.Edge, match(text, String.format(sent, "edge from the server")));
        changed.setAttribute("stamp", moment(2021, 1, 1, 0, 0, 0, 0));
        entities.put("edge from the server with one attribute changed", changed);
        entities.put("s5", changed);
    }

    private static TGNode node(String type, Object... attributes) throws Exception {
        TGNode node = factory.createNode(factory.getGraphMetaData().getNodeType(type));
        for (int index = 0; index < attributes.length; index += 2) {
            node.setAttribute((String) attributes[index], attributes[index + 1]);
        }
        return node;
    }

    private static TGEntity read(TGEntity.TGEntityKind kind, String hex) throws Exception {
        ProtocolDataInputStream in = new ProtocolDataInputStream(bytes(hex));
        in.setReferenceMap(new HashMap<Long, TGEntity>());
        TGEntity entity = factory.createEntity(kind);
        entity.readExternal(in);
        return entity;
    }

    /** Its own id is a counter. */
    private static void largeObject(TGEntity owner, String name, long id) throws Exception {
        Class<?> type = owner.getAttribute(name).getClass();
        while (!type.getSimpleName().equals("BlobAttribute")) {
            type = type.getSuperclass();
        }
        field(type, "entityId").setLong(owner.getAttribute(name), id);
    }

    /** A line of the file, with what Java writes now. */
    private static String entry(String line) throws Exception {
        Matcher commit = Pattern.compile("\"added\": \\[(.*?)\\], \"changed\": \\[(.*?)\\], \"removed\": \\[(.*?)\\]")
                .matcher(line);
        if (!line.contains("\"java_writes\": ")) {
            return line;
        }
        String name = match(line, "\"name\": \"(.*?)\"");
        ProtocolDataOutputStream out = new ProtocolDataOutputStream();
        if (commit.find()) {
            CommitTransactionRequest request = new CommitTransactionRequest();
            request.addCommitLists(named(commit.group(1)), named(commit.group(2)), named(commit.group(3)), new HashSet<>());
            method(CommitTransactionRequest.class, "writePayload", TGOutputStream.class).invoke(request, out);
        } else if (entities.containsKey(name)) {
            entities.get(name).writeExternal(out);
        } else {
            return line;
        }
        return put(GRAPH, line, name, "java_writes", hex(out.toByteArray()), true);
    }

    private static LinkedHashMap<Long, TGEntity> named(String names) {
        LinkedHashMap<Long, TGEntity> found = new LinkedHashMap<>();
        Matcher matcher = Pattern.compile("\"(.*?)\"").matcher(names);
        while (matcher.find()) {
            TGEntity entity = entities.get(matcher.group(1));
            found.put(((AbstractEntity) entity).getVirtualId(), entity);
        }
        return found;
    }

    /** The file with what Java encrypts. The padding is random, so what it holds is compared. */
    private static String encrypted(String text) throws Exception {
        Map<String, Object> values = Map.of("int 42", 42, "string", "top secret", "number", new BigDecimal("1234.5"),
                "timestamp", moment(2020, 6, 15, 12, 34, 56, 789), "blob", new byte[] {1, 2, 3});
        Constructor<?> cipher = DataCryptoGrapher.class.getDeclaredConstructor(long.class, byte[].class);
        cipher.setAccessible(true);
        byte[] certificate = bytes(match(text, "\"certificate_der\": \"(.*?)\""));
        field(AbstractChannel.class, "dataCryptographer").set(channel, cipher.newInstance(0L, certificate));
        PrivateKey key = KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(bytes(match(text, "\"private_key_pkcs8_der\": \"(.*?)\""))));
        // An entry begins with its name.
        String[] entries = text.split("(?=\"name\": )");
        for (int index = 1; index < entries.length; index++) {
            String name = match(entries[index], "\"name\": \"(.*?)\"");
            String descriptor = match(entries[index], "\"descriptor\": \"(.*?)\"");
            TGNode owner = node("person", descriptor, values.get(name));
            ProtocolDataOutputStream out = new ProtocolDataOutputStream();
            owner.getAttribute(descriptor).writeExternal(out);
            Cipher reverse = Cipher.getInstance("RSA/ECB/PKCS1Padding");
            reverse.init(Cipher.DECRYPT_MODE, key);
            byte[] written = out.toByteArray();
            String plain = hex(reverse.doFinal(Arrays.copyOfRange(written, BLOCK, written.length)));
            entries[index] = put(ENCRYPTION, entries[index], name, "java_writes", hex(written), false);
            entries[index] = put(ENCRYPTION, entries[index], name, "java_plain", plain, true);
        }
        return String.join("", entries);
    }

    private static String put(String file, String entry, String name, String field, String hex, boolean compared) {
        Matcher old = Pattern.compile("(\"" + field + "\": \")([0-9a-f]*)").matcher(entry);
        if (!old.find()) {
            throw new IllegalArgumentException(field + " is not in " + entry);
        }
        if (compared) {
            recorded++;
            if (!old.group(2).equals(hex)) {
                differing++;
                System.out.println(file + ": differs from what was there: " + name + ", " + field + ": " + hex);
            }
        }
        return old.replaceFirst("$1" + hex);
    }

    private static Calendar moment(int year, int month, int day, int hour, int minute, int second, int milliseconds) {
        Calendar calendar = new GregorianCalendar(year, month - 1, day, hour, minute, second);
        calendar.set(Calendar.MILLISECOND, milliseconds);
        return calendar;
    }

    private static Field field(Class<?> type, String name) throws Exception {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    private static Method method(Class<?> type, String name, Class<?> parameter) throws Exception {
        Method method = type.getDeclaredMethod(name, parameter);
        method.setAccessible(true);
        return method;
    }

    private static String match(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalArgumentException(pattern + " is not in the text");
        }
        return matcher.group(1);
    }

    private static String hex(byte[] bytes) {
        StringBuilder hex = new StringBuilder();
        for (byte octet : bytes) {
            hex.append(String.format("%02x", octet));
        }
        return hex.toString();
    }

    private static byte[] bytes(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) Integer.parseInt(hex.substring(2 * index, 2 * index + 2), 16);
        }
        return bytes;
    }
}
