import com.tibco.tgdb.model.TGAttributeDescriptor;
import com.tibco.tgdb.model.TGAttributeType;
import com.tibco.tgdb.model.impl.attribute.AbstractAttribute;
import com.tibco.tgdb.pdu.TGInputStream;
import com.tibco.tgdb.pdu.TGMessageFactory;
import com.tibco.tgdb.pdu.VerbId;
import com.tibco.tgdb.pdu.impl.MetadataResponse;
import com.tibco.tgdb.pdu.impl.ProtocolDataInputStream;
import com.tibco.tgdb.pdu.impl.ProtocolDataOutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes what the vendor's Java client writes and reads of the values of attributes.
 *
 * <p>usage: java -cp CLIENT Graph.java FOLDER; CLIENT is the class path of a ready client, FOLDER holds
 * a {@code graph.json} in the format of {@code tests/vectors}, which has an entry on each line. What Java
 * made of an attribute is put in the place of what the file has, and what differs is named.
 */
public final class Graph {
    private static final String FILE = "graph.json";
    private static final Pattern ENTRY = Pattern.compile(
            "\\{\"name\": \"(.*?)\", \"type\": \"(\\w+)\", \"descriptor\": \"(\\w+)\", \"value\": (.*?), \"hex\": ");
    private static final Pattern METADATA = Pattern.compile("\"metadata\": .*?\"hex\": \"([0-9a-f]+)\"");
    /** Values that their texts in the vectors do not give. */
    private static final Map<String, String> TIMES = Map.of(
            "date 1 BC", "-0001-12-31", "timestamp 44-03-15 BC 08:00", "-0044-03-15T08:00");

    private static final Map<String, TGAttributeDescriptor> descriptors = new HashMap<>();
    private static int recorded, differing;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("usage: java -cp CLIENT Graph.java FOLDER");
            System.exit(2);
        }
        Path path = Path.of(arguments[0], FILE);
        List<String> lines = Files.readAllLines(path);
        for (String line : lines) {
            Matcher metadata = METADATA.matcher(line);
            if (metadata.find()) {
                describe(metadata.group(1));
            }
        }
        lines.replaceAll(Graph::entry);
        Files.writeString(path, String.join("\n", lines) + "\n");
        System.out.printf("%s: %d of Java's recorded, %d of them differ from what was there%n", FILE, recorded, differing);
        System.out.flush();
        // The client's threads must not keep the program.
        Runtime.getRuntime().halt(differing == 0 ? 0 : 1);
    }

    /** Takes the descriptors of the metadata that all vectors refer to. */
    private static void describe(String payload) throws Exception {
        Object reply = TGMessageFactory.getInstance().createMessage(VerbId.MetadataResponse);
        Method read = MetadataResponse.class.getDeclaredMethod("readPayload", TGInputStream.class);
        read.setAccessible(true);
        read.invoke(reply, new ProtocolDataInputStream(bytes(payload)));
        for (TGAttributeDescriptor descriptor : ((MetadataResponse) reply).getAttrDescList()) {
            descriptors.put(descriptor.getName(), descriptor);
        }
    }

    /** A line of the file, with what Java does now. */
    private static String entry(String line) {
        Matcher found = ENTRY.matcher(line);
        if (!found.find() || !line.contains("\"java_reads\": ")) {
            return line;
        }
        String name = found.group(1), value = found.group(4);
        TGAttributeDescriptor descriptor = descriptors.get(found.group(3));
        boolean large = descriptor.getType() == TGAttributeType.Blob || descriptor.getType() == TGAttributeType.Clob;
        // These take a connection, and the id of a large object that is null is a counter.
        if (descriptor.isEncrypted() || large && value.equals("null")) {
            return line;
        }
        if (line.contains("\"java_writes\": ")) {
            line = put(line, name, "java_writes", attempt(() -> write(descriptor, name, value)));
        } else if (line.contains("\"written_by\": [\"java\"")) {
            line = put(line, name, "hex", attempt(() -> write(descriptor, name, value)));
        }
        String whole = line;
        if (line.contains("\"java_reads_python\": ")) {
            boolean own = line.contains("\"python_writes\": ");
            line = put(line, name, "java_reads_python",
                    attempt(() -> read(descriptor, field(whole, own ? "python_writes" : "hex"))));
        }
        return put(line, name, "java_reads", attempt(() -> read(descriptor, field(whole, "hex"))));
    }

    private static String write(TGAttributeDescriptor descriptor, String name, String json) throws Exception {
        AbstractAttribute made = AbstractAttribute.createAttribute(null, descriptor, null);
        made.setValue(value(descriptor, name, json));
        if (descriptor.getType() == TGAttributeType.Blob || descriptor.getType() == TGAttributeType.Clob) {
            // Its own id is a counter.
            id(made).setLong(made, Long.parseLong(match(json, "\"id\": (-?\\d+)")));
        }
        ProtocolDataOutputStream out = new ProtocolDataOutputStream();
        made.writeExternal(out);
        StringBuilder hex = new StringBuilder();
        for (byte octet : out.toByteArray()) {
            hex.append(String.format("%02x", octet));
        }
        return hex.toString();
    }

    private static String read(TGAttributeDescriptor descriptor, String hex) throws Exception {
        ProtocolDataInputStream in = new ProtocolDataInputStream(bytes(hex));
        in.readInt();
        AbstractAttribute made = AbstractAttribute.createAttribute(null, descriptor, null);
        made.readExternal((TGInputStream) in);
        return shown(made) + " left " + in.available();
    }

    /** The value of a vector for the client. */
    private static Object value(TGAttributeDescriptor descriptor, String name, String json) {
        if (json.equals("null")) {
            return null;
        }
        String text = json.startsWith("\"") ? unescaped(json.substring(1, json.length() - 1)) : json;
        switch (descriptor.getType()) {
            case Boolean: return Boolean.valueOf(text);
            case Byte: return Byte.valueOf(text);
            case Char: return (char) Integer.parseInt(text.substring(2), 16);
            case Short: return Short.valueOf(text);
            case Integer: return Integer.valueOf(text);
            case Long: return Long.valueOf(text);
            case Float: return Float.intBitsToFloat(Integer.parseUnsignedInt(match(text, "\"bits\": \"(\\w+)\""), 16));
            case Double: return Double.longBitsToDouble(Long.parseUnsignedLong(match(text, "\"bits\": \"(\\w+)\""), 16));
            case Number: return new BigDecimal(text);
            case Blob: case Clob: return bytes(match(text, "\"data\": \"(\\w*)\""));
            case Date: case Time: case TimeStamp: return moment(TIMES.getOrDefault(name, text));
            default:
                if (!text.startsWith("{")) {
                    return text;
                }
                return match(text, "\"repeat\": \"(.)\"").repeat(Integer.parseInt(match(text, "\"count\": (\\d+)")));
        }
    }

    /** A date, a time of day or both; years before Christ have a sign. */
    private static Calendar moment(String text) {
        Calendar calendar = new GregorianCalendar(1970, Calendar.JANUARY, 1);
        Matcher date = Pattern.compile("(-?)(\\d{4})-(\\d\\d)-(\\d\\d)").matcher(text);
        if (date.find()) {
            calendar.set(Calendar.ERA, date.group(1).isEmpty() ? GregorianCalendar.AD : GregorianCalendar.BC);
            calendar.set(number(date.group(2)), number(date.group(3)) - 1, number(date.group(4)));
        }
        Matcher time = Pattern.compile("(\\d\\d):(\\d\\d)(?::(\\d\\d)\\.(\\d{3}))?").matcher(text);
        if (time.find()) {
            calendar.set(Calendar.HOUR_OF_DAY, number(time.group(1)));
            calendar.set(Calendar.MINUTE, number(time.group(2)));
            calendar.set(Calendar.SECOND, number(time.group(3)));
            calendar.set(Calendar.MILLISECOND, number(time.group(4)));
        }
        return calendar;
    }

    private static String shown(AbstractAttribute made) throws Exception {
        TGAttributeType type = made.getAttributeDescriptor().getType();
        if (type == TGAttributeType.Blob || type == TGAttributeType.Clob) {
            return "\"id " + id(made).getLong(made) + "\"";
        }
        Object value = made.getValue();
        if (value == null || value instanceof BigDecimal) {
            return String.valueOf(value);
        } else if (value instanceof String) {
            return "\"" + value + "\"";
        } else if (value instanceof Character) {
            return String.format("char %04x", (int) (Character) value);
        } else if (value instanceof Calendar) {
            Calendar calendar = (Calendar) value;
            String era = calendar.get(Calendar.ERA) == GregorianCalendar.AD ? "AD" : "BC";
            return String.format("%s %2$tY-%2$tm-%2$tdT%2$tH:%2$tM:%2$tS.%2$tL", era, calendar);
        }
        return value.getClass().getSimpleName() + " " + value;
    }

    private static Field id(AbstractAttribute made) throws Exception {
        Class<?> type = made.getClass();
        while (!type.getSimpleName().equals("BlobAttribute")) {
            type = type.getSuperclass();
        }
        Field field = type.getDeclaredField("entityId");
        field.setAccessible(true);
        return field;
    }

    private interface Action {
        String run() throws Exception;
    }

    /** What an action gives, or how a vector says that the client failed. */
    private static String attempt(Action action) {
        try {
            return action.run();
        } catch (Exception error) {
            return "ERR " + error.getClass().getSimpleName() + ": " + error.getMessage();
        }
    }

    private static String field(String line, String name) {
        return unescaped(match(line, "\"" + name + "\": \"((?:[^\"\\\\]++|\\\\.)*+)\""));
    }

    private static String put(String line, String name, String field, String value) {
        recorded++;
        if (field(line, field).equals(value)) {
            return line;
        }
        differing++;
        System.out.println(FILE + ": differs from what was there: " + name + ", " + field + ": " + value);
        StringBuilder json = new StringBuilder();
        for (char unit : value.toCharArray()) {
            boolean plain = unit >= ' ' && unit <= '~' && unit != '"' && unit != '\\';
            json.append(plain ? String.valueOf(unit) : String.format("\\u%04x", (int) unit));
        }
        String pattern = "(\"" + field + "\": \")(?:[^\"\\\\]++|\\\\.)*+";
        return line.replaceFirst(pattern, "$1" + Matcher.quoteReplacement(json.toString()));
    }

    private static String unescaped(String text) {
        Matcher escapes = Pattern.compile("\\\\(?:u(\\w{4})|(.))").matcher(text);
        return escapes.replaceAll(found -> Matcher.quoteReplacement(
                found.group(1) == null ? found.group(2) : String.valueOf((char) Integer.parseInt(found.group(1), 16))));
    }

    private static String match(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalArgumentException(pattern + " is not in " + text);
        }
        return matcher.group(1);
    }

    private static int number(String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    private static byte[] bytes(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) Integer.parseInt(hex.substring(2 * index, 2 * index + 2), 16);
        }
        return bytes;
    }
}
