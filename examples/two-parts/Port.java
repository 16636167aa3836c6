// The messages of two parts, as server and as client, in Java 17 without libraries.
//
//     java -cp classes Port server HOST PORT
//     java -cp classes Port client HOST PORT

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PushbackInputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

public class Port {
    static final int MAX_INFO = 4096;
    static final int MAX_BODY = 256 * 1024;
    static final int MAX_NAME = 240; // bytes: NAME.out.part must be a name, too

    /** What goes against the protocol. */
    static class Broken extends IOException {
        Broken(String why) {
            super(why);
        }
    }

    record Message(Map<String, Object> info, byte[] body) {}

    public static void main(String[] args) throws IOException {
        if (args.length != 3 || !args[0].equals("server") && !args[0].equals("client")) {
            System.err.println("usage: Port server|client HOST PORT");
            System.exit(2);
        }
        InetSocketAddress address =
                new InetSocketAddress(InetAddress.getByName(args[1]), Integer.parseInt(args[2]));
        if (args[0].equals("server")) {
            runServer(address);
        }
        try {
            runClient(address);
        } catch (IOException error) {
            System.err.println("error: " + error.getMessage());
            System.exit(1);
        }
    }

    // ---- messages ----

    /** So many bytes, however the network cuts them. */
    static byte[] receiveExactly(InputStream in, int size) throws IOException {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("the connection ended inside a message");
        }
        return bytes;
    }

    static Message receive(DataInputStream in) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(receiveExactly(in, 8));
        long infoSize = Integer.toUnsignedLong(header.getInt());
        long bodySize = Integer.toUnsignedLong(header.getInt());
        if (infoSize > MAX_INFO || bodySize > MAX_BODY) {
            throw new Broken("a message of " + infoSize + " + " + bodySize + " bytes");
        }
        Map<String, Object> info = Json.object(decode(receiveExactly(in, (int) infoSize)));
        return new Message(info, receiveExactly(in, (int) bodySize));
    }

    static void send(OutputStream out, Message message) throws IOException {
        byte[] info = Json.text(message.info).getBytes(UTF_8);
        ByteBuffer frame = ByteBuffer.allocate(8 + info.length + message.body.length);
        frame.putInt(info.length).putInt(message.body.length).put(info).put(message.body);
        out.write(frame.array());
    }

    static String decode(byte[] bytes) throws CharacterCodingException {
        return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }

    static String md5(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    // ---- the server ----

    static void runServer(InetSocketAddress address) throws IOException {
        ServerSocket listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(address);
        while (true) {
            try (Socket client = listener.accept()) {
                serveClient(client);
            } catch (IOException error) {
                System.err.println("a client is lost: " + error.getMessage());
            }
        }
    }

    static void serveClient(Socket client) throws IOException {
        var in = new PushbackInputStream(client.getInputStream());
        while (true) {
            int first = in.read();
            if (first < 0) {
                return; // the client has nothing more
            }
            in.unread(first);
            send(client.getOutputStream(), answerTo(receive(new DataInputStream(in))));
        }
    }

    static Message answerTo(Message request) throws IOException {
        if (!(request.info.get("name") instanceof String name)) {
            throw new Broken("a dict without a name");
        }
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("name", name);
        byte[] body = transform(request.info.get("mode"), request.body);
        if (body == null) {
            info.put("error", "unknown mode");
            return new Message(info, new byte[0]);
        }
        long lines = 0;
        for (byte one : body) {
            lines += one == '\n' ? 1 : 0;
        }
        info.put("lines", lines);
        info.put("md5", md5(body));
        return new Message(info, body);
    }

    /** Changes ASCII letters alone; null where the mode is unknown. */
    static byte[] transform(Object mode, byte[] body) {
        byte[] changed = new byte[body.length];
        for (int i = 0; i < body.length; i++) {
            byte one = body[i];
            if ("upper".equals(mode)) {
                changed[i] = (byte) (one >= 'a' && one <= 'z' ? one - 32 : one);
            } else if ("lower".equals(mode)) {
                changed[i] = (byte) (one >= 'A' && one <= 'Z' ? one + 32 : one);
            } else if ("reverse".equals(mode)) {
                changed[body.length - 1 - i] = one;
            }
        }
        boolean isKnown = "upper".equals(mode) || "lower".equals(mode) || "reverse".equals(mode);
        return isKnown ? changed : null;
    }

    // ---- the client ----

    static void runClient(InetSocketAddress address) throws IOException {
        PrintStream screen = new PrintStream(System.out, true, UTF_8);
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            for (String line; (line = readLine(System.in)) != null; ) {
                int space = line.indexOf(' ');
                String mode = space < 0 ? line : line.substring(0, space);
                String name = space < 0 ? "" : line.substring(space + 1);
                int nameSize = name.getBytes(UTF_8).length;
                if (name.contains("/") || nameSize > MAX_NAME || !new File(name).isFile()) {
                    screen.print("no such file: " + name + "\n");
                    continue;
                }
                Map<String, Object> info = new LinkedHashMap<>();
                info.put("name", name);
                info.put("mode", mode);
                Message request = new Message(info, Files.readAllBytes(Path.of(name)));
                send(socket.getOutputStream(), request);
                Message answer = receive(in);
                check(answer, name);
                if (answer.info.containsKey("error")) {
                    screen.print(name + ": " + answer.info.get("error") + "\n");
                    continue;
                }
                store(name + ".out", answer.body);
                screen.print(name + ".out: " + whole(answer.info.get("lines")) + " lines\n");
            }
        }
    }

    static void check(Message answer, String name) throws IOException {
        if (!name.equals(answer.info.get("name"))) {
            throw new Broken("the answer is for another name");
        }
        if (answer.info.containsKey("error")) {
            return;
        }
        if (!md5(answer.body).equals(answer.info.get("md5"))) {
            throw new Broken("the MD5 of the answer is another");
        }
        if (!answer.info.containsKey("lines")) {
            throw new Broken("the answer has no number of lines");
        }
    }

    /** A number as Python's %d shows it: without its fraction, and true as 1. */
    static BigInteger whole(Object value) throws Broken {
        if (value instanceof BigInteger number) {
            return number;
        }
        if (value instanceof Double number && !number.isInfinite()) {
            return new BigDecimal(number).toBigInteger();
        }
        if (value instanceof Boolean flag) {
            return flag ? BigInteger.ONE : BigInteger.ZERO;
        }
        throw new Broken("the number of lines is no number");
    }

    /** Writes a file under another name, and renames it when it is whole. */
    static void store(String name, byte[] body) throws IOException {
        Path part = Path.of(name + ".part");
        try {
            Files.write(part, body);
            Files.move(part, Path.of(name), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException error) {
            Files.deleteIfExists(part);
            throw error;
        }
    }

    /** A line without its newline; a carriage return is a part of it. Null at the end. */
    static String readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int one;
        while ((one = in.read()) >= 0 && one != '\n') {
            line.write(one);
        }
        return one < 0 && line.size() == 0 ? null : decode(line.toByteArray());
    }

    // ---- JSON ----

    /** As much of JSON as a dict takes: what Python's json.dumps writes, and what it reads. */
    static class Json {
        static final int MAX_DEPTH = 100;
        private final String text;
        private int at = 0;
        private int depth = 0;

        private Json(String text) {
            this.text = text;
        }

        static String text(Map<String, Object> object) {
            StringBuilder out = new StringBuilder();
            for (Map.Entry<String, Object> entry : object.entrySet()) {
                out.append(out.length() == 0 ? "{" : ", ").append(quote(entry.getKey())).append(": ");
                Object value = entry.getValue();
                out.append(value instanceof String string ? quote(string) : value.toString());
            }
            return out.append("}").toString();
        }

        /** ASCII alone: a character beyond U+FFFF is two escapes. */
        static String quote(String string) {
            StringBuilder out = new StringBuilder("\"");
            for (char one : string.toCharArray()) {
                switch (one) {
                    case '"' -> out.append("\\\"");
                    case '\\' -> out.append("\\\\");
                    case '\b' -> out.append("\\b");
                    case '\f' -> out.append("\\f");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    default -> {
                        if (one >= ' ' && one <= '~') {
                            out.append(one);
                        } else {
                            out.append(String.format("\\u%04x", (int) one));
                        }
                    }
                }
            }
            return out.append('"').toString();
        }

        @SuppressWarnings("unchecked")
        static Map<String, Object> object(String text) throws Broken {
            Json json = new Json(text);
            json.skipSpace();
            Object value = json.value();
            json.skipSpace();
            if (json.at < text.length() || !(value instanceof Map)) {
                throw new Broken("the dict is no JSON object");
            }
            return (Map<String, Object>) value;
        }

        private char next() throws Broken {
            if (at == text.length()) {
                throw new Broken("the JSON ends too early");
            }
            return text.charAt(at++);
        }

        private boolean takes(char wanted) {
            boolean isThere = at < text.length() && text.charAt(at) == wanted;
            at += isThere ? 1 : 0;
            return isThere;
        }

        private void expect(char wanted) throws Broken {
            if (!takes(wanted)) {
                throw new Broken("the JSON lacks a " + wanted);
            }
        }

        private void skipSpace() {
            while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private Object value() throws Broken {
            if (++depth > MAX_DEPTH) {
                throw new Broken("the JSON is nested too deep");
            }
            Object value;
            if (takes('"')) {
                value = string();
            } else if (takes('{')) {
                value = members();
            } else if (takes('[')) {
                value = elements();
            } else {
                value = word();
            }
            depth--;
            return value;
        }

        private Map<String, Object> members() throws Broken {
            Map<String, Object> members = new LinkedHashMap<>();
            skipSpace();
            if (takes('}')) {
                return members;
            }
            do {
                skipSpace();
                expect('"');
                String key = string();
                skipSpace();
                expect(':');
                skipSpace();
                members.put(key, value());
                skipSpace();
            } while (takes(','));
            expect('}');
            return members;
        }

        private Object elements() throws Broken {
            var elements = new ArrayList<Object>();
            skipSpace();
            if (takes(']')) {
                return elements;
            }
            do {
                skipSpace();
                elements.add(value());
                skipSpace();
            } while (takes(','));
            expect(']');
            return elements;
        }

        private String string() throws Broken {
            StringBuilder out = new StringBuilder();
            for (char one; (one = next()) != '"'; ) {
                if (one < ' ') {
                    throw new Broken("a JSON string with a control character");
                }
                out.append(one == '\\' ? escaped() : one);
            }
            return out.toString();
        }

        private char escaped() throws Broken {
            char kind = next();
            int place = "\"\\/bfnrt".indexOf(kind);
            if (place >= 0) {
                return "\"\\/\b\f\n\r\t".charAt(place);
            }
            if (kind != 'u' || text.length() - at < 4) {
                throw new Broken("a JSON string with a bad escape");
            }
            int code = 0;
            for (int i = 0; i < 4; i++) {
                int digit = Character.digit(next(), 16);
                if (digit < 0) {
                    throw new Broken("a JSON string with a bad escape");
                }
                code = code * 16 + digit;
            }
            return (char) code;
        }

        /** A number, true, false or null. */
        private Object word() throws Broken {
            int start = at;
            while (at < text.length() && ",]} \t\n\r".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String word = text.substring(start, at);
            if (word.matches("-?(0|[1-9][0-9]*)")) {
                return new BigInteger(word); // of any size, as in Python
            }
            if (word.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) {
                return Double.valueOf(word);
            }
            return switch (word) {
                case "true", "false" -> Boolean.valueOf(word);
                case "null" -> Void.class;
                default -> throw new Broken("no JSON value: " + word);
            };
        }
    }
}
