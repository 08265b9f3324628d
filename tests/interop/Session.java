import com.tibco.tgdb.connection.TGConnection;
import com.tibco.tgdb.connection.TGConnectionFactory;
import com.tibco.tgdb.exception.TGAuthenticationException;
import com.tibco.tgdb.model.TGEntity;
import com.tibco.tgdb.model.TGGraphMetadata;
import com.tibco.tgdb.model.TGKey;
import com.tibco.tgdb.model.TGNode;
import com.tibco.tgdb.query.TGQueryOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One session of the vendor's Java client against {@code tgdb serve}.
 *
 * <p>usage: java -cp CLIENT Session.java URL [CA]; CLIENT is the class path of a ready client, CA
 * the PEM file of the authority to trust, for ssl:// URLs.
 *
 * <p>Prints one line for each step. Exits with 0 if all steps did what is expected, with 1 if one
 * failed, with 3 if one did not end within TGDB_INTEROP_SECONDS (10 by default).
 */
public final class Session {
    private static final String USER = "scott", PASSWORD = "tiger", DATABASE = "routes", CODE = "ZZY";
    private static final String NOTES = "Volcanic ash can close the airport at short notice.";
    private static final long SECONDS =
            Long.parseLong(System.getenv().getOrDefault("TGDB_INTEROP_SECONDS", "10"));

    private static String label;
    private static boolean failed;

    private static TGConnection connection;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: java -cp CLIENT Session.java URL [CA]");
            System.exit(2);
        }
        String url = arguments[0];
        Map<String, String> settings = new HashMap<>();
        // Java makes the letters of a URL small, so the database is given here.
        settings.put("tgdb.connection.dbName", DATABASE);
        if (arguments.length == 2) {
            settings.put("tgdb.tls.trustedCertificates", arguments[1]);
        }
        label = "java " + url.substring(0, url.indexOf(':'));

        connection = connection(url, PASSWORD, settings);
        if (run("connect", () -> { connection.connect(); return "login, properties"; })) {
            session();
        }
        run("wrong password", () -> {
            try {
                connection(url, "wrong", settings).connect();
            } catch (TGAuthenticationException refused) {
                return "refused: " + refused.getMessage();
            }
            throw new IllegalStateException("not refused");
        });
        System.out.flush();
        // The client's threads must not keep the program.
        Runtime.getRuntime().halt(failed ? 1 : 0);
    }

    private static TGConnection connection(String url, String password, Map<String, String> settings)
            throws Exception {
        return TGConnectionFactory.getInstance().createConnection(url, USER, password, settings);
    }

    private static void session() {
        run("metadata", () -> {
            TGGraphMetadata metadata = connection.getGraphMetadata(true);
            expect(metadata.getNodeType("airport") != null && metadata.getEdgeType("route") != null, true);
            return metadata.getNodeTypes().size() + " node types, " + metadata.getEdgeTypes().size() + " edge types";
        });
        run("query", () -> {
            Object name = query("gremlin://g.V().has('airport','iata','FRA').values('name');");
            return expect(name, "Frankfurt am Main");
        });
        run("commit of a node", () -> {
            TGNode node = connection.getGraphObjectFactory()
                    .createNode(connection.getGraphMetadata(false).getNodeType("airport"));
            node.setAttribute("iata", CODE);
            node.setAttribute("name", "Inserted");
            connection.insertEntity(node);
            connection.commit();
            return "inserted " + CODE;
        });
        run("get entity", () -> expect(name(), "Inserted"));
        run("update", () -> {
            rename("Updated");
            connection.commit();
            return expect(name(), "Updated");
        });
        run("rollback", () -> {
            rename("Rolled back");
            connection.rollback();
            return expect(name(), "Updated");
        });
        run("large object", () -> {
            TGEntity node = (TGEntity) query("gremlin://g.V().has('airport','iata','KEF');");
            return expect(new String(node.getAttribute("notes").getAsBytes()), NOTES);
        });
        run("delete", () -> {
            connection.deleteEntity(find(CODE));
            connection.commit();
            expect(find(CODE), null);
            return "gone";
        });
        run("disconnect", () -> { connection.disconnect(); return "closed"; });
    }

    private static Object query(String text) throws Exception {
        return connection.executeQuery(text, TGQueryOption.createQueryOption()).next();
    }

    private static TGEntity find(String code) throws Exception {
        TGKey key = connection.getGraphObjectFactory().createCompositeKey("airport");
        key.setAttribute("iata", code);
        return connection.getEntity(key, TGQueryOption.createQueryOption());
    }

    private static Object name() throws Exception {
        return find(CODE).getAttribute("name").getValue();
    }

    private static void rename(String name) throws Exception {
        TGEntity node = find(CODE);
        node.setAttribute("name", name);
        connection.updateEntity(node);
    }

    private static <T> T expect(T actual, T expected) {
        if (actual == null ? expected != null : !actual.equals(expected)) {
            throw new IllegalStateException(actual + ", expected " + expected);
        }
        return actual;
    }

    /** Runs a step on a thread of its own, so that one that hangs is noticed. */
    private static boolean run(String name, Callable<Object> step) {
        FutureTask<Object> task = new FutureTask<>(step);
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        try {
            say(name, "ok: " + task.get(SECONDS, TimeUnit.SECONDS));
            return true;
        } catch (TimeoutException timeout) {
            say(name, "HUNG for " + SECONDS + " s");
            System.out.flush();
            Runtime.getRuntime().halt(3);
        } catch (ExecutionException | InterruptedException error) {
            failed = true;
            say(name, "FAILED: " + (error.getCause() == null ? error : error.getCause()));
        }
        return false;
    }

    private static void say(String name, String text) {
        System.out.println(label + ": " + name + ": " + text);
    }
}
