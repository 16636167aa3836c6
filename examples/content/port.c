/*
 * Messages that describe their content, as server and as client, in C over POSIX sockets.
 *
 *     port server HOST PORT
 *     port client HOST PORT
 *
 * A function that can fail returns false, and says why on standard error. The server then closes
 * the connection and takes the next; the client ends.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONTENT_MAX = 1 << 20,
    DEPTH_MAX = 100,
    MEMBERS_MAX = 64,
};

/* Bytes that grow. There may be NULs among them. */
struct text {
    char *bytes;
    size_t len, room;
};

static const char JSON_TYPE[] = "text/json";
static const char SERVER_TYPE[] = "binary/custom-server-binary-type";
static const char CLIENT_TYPE[] = "binary/custom-client-binary-type";

static bool fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}

/* ---- text ---- */

static void append(struct text *text, const void *bytes, size_t len)
{
    if (text->len + len > text->room) {
        text->room = (text->len + len) * 2;
        text->bytes = realloc(text->bytes, text->room);
        if (!text->bytes) {
            fail("no memory");
            exit(1);
        }
    }
    if (len > 0)
        memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

static void append_string(struct text *text, const char *string)
{
    append(text, string, strlen(string));
}

static void release(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

static bool equals(const struct text *text, const char *string)
{
    size_t len = strlen(string);
    return text->len == len && (len == 0 || !memcmp(text->bytes, string, len));
}

/* Is it UTF-8 as Python takes it: no overlong form, no surrogate, nothing beyond U+10FFFF? */
static bool is_utf8(const struct text *text)
{
    const unsigned char *at = (const unsigned char *)text->bytes, *end = at + text->len;
    while (at < end) {
        unsigned lead = *at++;
        if (lead < 0x80)
            continue;
        int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || end - at < more)
            return false;
        unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        for (; more > 0; more--, at++, low = 0x80, high = 0xbf)
            if (*at < low || *at > high)
                return false;
    }
    return true;
}

/* ---- JSON out ---- */

/* As json.dumps(..., ensure_ascii=False) does: control characters alone are escaped. */
static void append_quoted(struct text *out, const struct text *text)
{
    append_string(out, "\"");
    for (size_t i = 0; i < text->len; i++) {
        char one = text->bytes[i], escape[8];
        const char *place = one ? strchr("\"\"\\\\\bb\ff\nn\rr\tt", one) : NULL;
        if (one == '"' || one == '\\' || (place && (unsigned char)one < ' ')) {
            escape[0] = '\\';
            escape[1] = place[1];
            append(out, escape, 2);
        } else if ((unsigned char)one < ' ') {
            snprintf(escape, sizeof escape, "\\u%04x", one);
            append_string(out, escape);
        } else {
            append(out, &one, 1);
        }
    }
    append_string(out, "\"");
}

/* ---- JSON in ---- */

enum kind { STRING, INTEGER, OTHER };

struct member {
    struct text key, string;
    enum kind kind;
    long integer;
};

struct object {
    struct member members[MEMBERS_MAX];
    size_t count;
};

struct json {
    const char *at, *end;
    int depth;
};

static void forget(struct object *object)
{
    for (size_t i = 0; i < object->count; i++) {
        release(&object->members[i].key);
        release(&object->members[i].string);
    }
    object->count = 0;
}

/* The last one with this key, as in Python. */
static const struct member *find(const struct object *object, const char *key)
{
    for (size_t i = object->count; i > 0; i--)
        if (equals(&object->members[i - 1].key, key))
            return &object->members[i - 1];
    return NULL;
}

static void skip_space(struct json *json)
{
    while (json->at < json->end && *json->at && strchr(" \t\n\r", *json->at))
        json->at++;
}

static bool takes(struct json *json, char wanted)
{
    bool is_there = json->at < json->end && *json->at == wanted;
    json->at += is_there;
    return is_there;
}

static bool read_hex(struct json *json, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = json->at < json->end && *json->at ? strchr(digits, *json->at++) : NULL;
        if (!digit)
            return false;
        *code = *code * 16 + (unsigned)((digit - digits) % 16);
    }
    return true;
}

/*
 * What stands behind a backslash, as UTF-8. Half a surrogate pair may stand alone, as in Python;
 * is_utf8 refuses it where it is sent or shown.
 */
static bool read_escape(struct json *json, struct text *string)
{
    static const char kinds[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char kind = json->at < json->end ? *json->at++ : '\0';
    const char *place = kind ? strchr(kinds, kind) : NULL;
    if (place) {
        append(string, meant + (place - kinds), 1);
        return true;
    }
    unsigned code, low;
    if (kind != 'u' || !read_hex(json, &code))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        struct json ahead = *json;
        if (takes(&ahead, '\\') && takes(&ahead, 'u') && read_hex(&ahead, &low) && low >= 0xdc00 &&
            low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            *json = ahead;
        }
    }
    char utf8[4];
    size_t len = 0;
    if (code < 0x80) {
        utf8[len++] = (char)code;
    } else if (code < 0x800) {
        utf8[len++] = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        utf8[len++] = (char)(0xe0 | code >> 12);
        utf8[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    } else {
        utf8[len++] = (char)(0xf0 | code >> 18);
        utf8[len++] = (char)(0x80 | (code >> 12 & 0x3f));
        utf8[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80)
        utf8[len++] = (char)(0x80 | (code & 0x3f));
    append(string, utf8, len);
    return true;
}

static bool read_string(struct json *json, struct text *string)
{
    if (!takes(json, '"'))
        return false;
    while (json->at < json->end) {
        char one = *json->at++;
        if (one == '"')
            return true;
        if ((unsigned char)one < ' ')
            return false;
        if (one != '\\')
            append(string, &one, 1);
        else if (!read_escape(json, string))
            return false;
    }
    return false;
}

/* A number, true, false or null. */
static bool read_word(struct json *json, struct member *value)
{
    char word[32] = "", *end;
    size_t len = 0;
    while (json->at < json->end && len + 1 < sizeof word && !strchr(",]} \t\n\r", *json->at))
        word[len++] = *json->at++;
    if (!strcmp(word, "true") || !strcmp(word, "false") || !strcmp(word, "null"))
        return true;
    size_t digits = strspn(word + (*word == '-'), "0123456789");
    if (digits == 0 || digits > 18 || (digits > 1 && word[*word == '-'] == '0'))
        return false;
    if (strspn(word, "-+.eE0123456789") != len)
        return false;
    value->integer = strtol(word, &end, 10);
    if (!*end)
        value->kind = INTEGER;
    else
        strtod(word, &end);
    return !*end && len == strlen(word);
}

static bool read_object(struct json *json, struct object *object);

/* A nested list or object is read over: nothing in it is needed. */
static bool read_value(struct json *json, struct member *value)
{
    value->kind = OTHER;
    skip_space(json);
    if (json->at == json->end || ++json->depth > DEPTH_MAX)
        return false;
    bool is_right = true;
    if (*json->at == '"') {
        value->kind = STRING;
        is_right = read_string(json, &value->string);
    } else if (*json->at == '{') {
        is_right = read_object(json, NULL);
    } else if (takes(json, '[')) {
        skip_space(json);
        for (bool more = !takes(json, ']'); more && is_right;) {
            struct member element = {0};
            is_right = read_value(json, &element);
            release(&element.string);
            skip_space(json);
            more = takes(json, ',');
            is_right = is_right && (more || takes(json, ']'));
        }
    } else {
        is_right = read_word(json, value);
    }
    json->depth--;
    return is_right;
}

/* With NULL, its members are not kept. */
static bool read_object(struct json *json, struct object *object)
{
    if (!takes(json, '{'))
        return false;
    skip_space(json);
    for (bool more = !takes(json, '}'); more;) {
        struct member member = {0};
        skip_space(json);
        bool is_right = read_string(json, &member.key);
        skip_space(json);
        is_right = is_right && takes(json, ':') && read_value(json, &member);
        if (object && object->count < MEMBERS_MAX) {
            object->members[object->count++] = member;
        } else {
            is_right = is_right && !object;
            release(&member.key);
            release(&member.string);
        }
        skip_space(json);
        more = takes(json, ',');
        if (!is_right || (!more && !takes(json, '}')))
            return false;
    }
    return true;
}

static bool parse(const struct text *text, struct object *object)
{
    struct json json = {text->bytes, text->bytes + text->len, 0};
    if (!is_utf8(text))
        return fail("text that is not UTF-8");
    skip_space(&json);
    bool is_right = read_object(&json, object);
    skip_space(&json);
    return (is_right && json.at == json.end) || fail("text that is no JSON object");
}

/* ---- messages ---- */

static bool send_all(int fd, const struct text *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t sent = send(fd, text->bytes + done, text->len - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail("can't send: %s", strerror(errno));
        done += (size_t)sent;
    }
    return true;
}

/* So many bytes, however the network cuts them. */
static bool receive_exactly(int fd, struct text *text, size_t size)
{
    while (size > 0) {
        char chunk[65536];
        ssize_t received = recv(fd, chunk, size < sizeof chunk ? size : sizeof chunk, 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received < 0)
            return fail("can't receive: %s", strerror(errno));
        if (received == 0)
            return fail("the connection ended inside a message");
        append(text, chunk, (size_t)received);
        size -= (size_t)received;
    }
    return true;
}

static bool receive_message(int fd, struct object *header, struct text *content)
{
    struct text size = {0}, bytes = {0};
    bool is_right = receive_exactly(fd, &size, 2);
    if (is_right) {
        const unsigned char *at = (const unsigned char *)size.bytes;
        size_t header_size = (size_t)(at[0] << 8 | at[1]);
        is_right = receive_exactly(fd, &bytes, header_size) && parse(&bytes, header);
    }
    release(&size);
    release(&bytes);
    if (!is_right)
        return false;
    const struct member *length = find(header, "content-length");
    if (!length || length->kind != INTEGER || length->integer < 0 || length->integer > CONTENT_MAX)
        return fail("a header without a content-length that is right");
    if (!find(header, "content-type"))
        return fail("a header without a content-type");
    return receive_exactly(fd, content, (size_t)length->integer);
}

static void append_message(struct text *out, const char *type, const char *encoding,
                           const struct text *content)
{
    char header[512];
    int len = snprintf(header, sizeof header,
                       "{\"byteorder\": \"little\", \"content-type\": \"%s\", "
                       "\"content-encoding\": \"%s\", \"content-length\": %zu}",
                       type, encoding, content->len);
    unsigned char size[2] = {(unsigned char)(len >> 8), (unsigned char)len};
    append(out, size, sizeof size);
    append(out, header, (size_t)len);
    append(out, content->bytes, content->len);
}

static bool has_type(const struct object *header, const char *type)
{
    const struct member *member = find(header, "content-type");
    return member->kind == STRING && equals(&member->string, type);
}

static int open_socket(const char *host, const char *port, bool is_server)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error) {
        fail("%s port %s: %s", host, port, gai_strerror(error));
        exit(1);
    }
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool is_open = is_server ? !bind(fd, found->ai_addr, found->ai_addrlen) && !listen(fd, 5)
                             : !connect(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (!is_open) {
        fail("%s port %s: %s", host, port, strerror(errno));
        exit(1);
    }
    return fd;
}

/* ---- the server ---- */

static const char *const ANSWERS[][2] = {
    {"lighthouse", "Keep it on the left side until the bell buoy."},
    {"breakfast", "From seven o'clock, in the room with the piano. \u2615"},
    {"\U0001f511", "\U0001f6aa Third door, and turn it twice."},
};

/* What the answer's result is, as text. */
static void append_result(struct text *result, const struct text *action, const struct text *value)
{
    bool is_search = equals(action, "search");
    for (size_t i = 0; is_search && i < sizeof ANSWERS / sizeof *ANSWERS; i++)
        if (equals(value, ANSWERS[i][0])) {
            append_string(result, ANSWERS[i][1]);
            return;
        }
    const struct text *named = is_search ? value : action;
    append_string(result, is_search ? "No match for '" : "Error: invalid action '");
    append(result, named->bytes, named->len);
    append_string(result, "'.");
}

static bool answer_json(const struct text *content, struct text *out)
{
    static struct object request;
    struct text result = {0}, answer = {0};
    bool is_right = parse(content, &request);
    if (is_right) {
        const struct member *action = find(&request, "action"), *value = find(&request, "value");
        is_right = (action && value && action->kind == STRING && value->kind == STRING) ||
                   fail("a request without an action and a value");
        if (is_right) {
            append_result(&result, &action->string, &value->string);
            is_right = is_utf8(&result) || fail("half a surrogate pair can't be sent");
        }
        if (is_right) {
            append_string(&answer, "{\"result\": ");
            append_quoted(&answer, &result);
            append_string(&answer, "}");
            append_message(out, JSON_TYPE, "utf-8", &answer);
        }
    }
    release(&result);
    release(&answer);
    forget(&request);
    return is_right;
}

static void answer_binary(const struct text *content, struct text *out)
{
    struct text answer = {0};
    append_string(&answer, "First 10 bytes of request: ");
    append(&answer, content->bytes, content->len < 10 ? content->len : 10);
    append_message(out, SERVER_TYPE, "binary", &answer);
    release(&answer);
}

static void serve_client(int client)
{
    static struct object header;
    struct text content = {0}, out = {0};
    if (receive_message(client, &header, &content)) {
        bool is_right = true;
        if (!find(&header, "byteorder") || !find(&header, "content-encoding"))
            is_right = fail("a header that lacks a key");
        else if (has_type(&header, JSON_TYPE))
            is_right = answer_json(&content, &out);
        else
            answer_binary(&content, &out);
        if (is_right)
            send_all(client, &out);
    }
    release(&content);
    release(&out);
    forget(&header);
}

static void run_server(int listener)
{
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        serve_client(client);
        close(client);
    }
}

/* ---- the client ---- */

static bool read_file(const struct text *name, struct text *content)
{
    struct text path = {0};
    append(&path, name->bytes, name->len);
    append(&path, "", 1);
    FILE *file = memchr(name->bytes, '\0', name->len) ? NULL : fopen(path.bytes, "rb");
    release(&path);
    if (!file)
        return fail("can't open the file: %s", strerror(errno));
    char chunk[65536];
    for (size_t len; (len = fread(chunk, 1, sizeof chunk, file)) > 0;)
        append(content, chunk, len);
    bool is_read = !ferror(file);
    fclose(file);
    return is_read || fail("can't read the file");
}

/* Writes a file under another name, and renames it when it is whole. */
static bool store(const char *name, const struct text *content)
{
    char part[64];
    snprintf(part, sizeof part, "%s.part", name);
    FILE *file = fopen(part, "wb");
    bool is_whole = file && fwrite(content->bytes, 1, content->len, file) == content->len;
    if (file)
        is_whole = !fclose(file) && is_whole;
    if (is_whole && !rename(part, name))
        return true;
    fail("can't write %s: %s", name, strerror(errno));
    unlink(part);
    return false;
}

static bool make_request(const struct text *line, struct text *out)
{
    const char *space = memchr(line->bytes, ' ', line->len);
    size_t action_len = space ? (size_t)(space - line->bytes) : line->len;
    struct text action = {line->bytes, action_len, 0};
    struct text value = {line->bytes + action_len + 1, space ? line->len - action_len - 1 : 0, 0};
    struct text content = {0};
    bool is_right = true;
    if (equals(&action, "binary")) {
        append_message(out, CLIENT_TYPE, "binary", &value);
    } else if (equals(&action, "file")) {
        is_right = read_file(&value, &content);
        append_message(out, CLIENT_TYPE, "binary", &content);
    } else {
        append_string(&content, "{\"action\": ");
        append_quoted(&content, &action);
        append_string(&content, ", \"value\": ");
        append_quoted(&content, &value);
        append_string(&content, "}");
        append_message(out, JSON_TYPE, "utf-8", &content);
    }
    release(&content);
    return is_right;
}

static bool show(const struct object *header, const struct text *content)
{
    if (!has_type(header, JSON_TYPE)) {
        if (!store("answer.bin", content))
            return false;
        printf("answer.bin: %zu bytes\n", content->len);
        return true;
    }
    static struct object answer;
    if (!parse(content, &answer))
        return false;
    const struct member *result = find(&answer, "result");
    if (!result || result->kind != STRING)
        return fail("an answer without a result");
    if (!is_utf8(&result->string))
        return fail("half a surrogate pair can't be shown");
    fwrite(result->string.bytes, 1, result->string.len, stdout);
    putchar('\n');
    return true;
}

static bool run_client(const char *host, const char *port)
{
    static struct object header;
    struct text line = {0}, request = {0}, content = {0};
    for (int one; (one = getchar()) != EOF && one != '\n';)
        append(&line, &(char){(char)one}, 1);
    append(&line, "", 1); /* so that there are bytes, even for an empty line */
    line.len--;
    if (!is_utf8(&line))
        return fail("the typed line is not UTF-8");
    if (!make_request(&line, &request))
        return false;
    int server = open_socket(host, port, false);
    return send_all(server, &request) && receive_message(server, &header, &content) &&
           show(&header, &content);
}

int main(int argc, char **argv)
{
    bool is_server = argc == 4 && !strcmp(argv[1], "server");
    if (!is_server && (argc != 4 || strcmp(argv[1], "client"))) {
        fputs("usage: port server|client HOST PORT\n", stderr);
        return 2;
    }
    if (is_server)
        run_server(open_socket(argv[2], argv[3], true));
    return run_client(argv[2], argv[3]) ? 0 : 1;
}
