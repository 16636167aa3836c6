/*
 * The upload protocol in C: server.py and client.py in one program.
 *
 *     port server HOST PORT
 *     port client HOST PORT
 *
 * From top to bottom: sockets, UTF-8, JSON in, the server, the client. A function that fails says
 * so on standard error and returns false. The server then closes the connection and goes on.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_HEADER = 4096, MAX_FILE = 1 << 20, MAX_NAME = 255, MAX_DEPTH = 990 };

static const char UNFINISHED[] = ".upload.part"; /* what a file is called until it is whole */
static volatile sig_atomic_t is_unfinished;

static bool fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("port: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}

/* ---- sockets ---- */

static int open_socket(const char *host, const char *port, bool is_server)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &hints, &found), yes = 1;
    if (error) {
        fail("%s port %s: %s", host, port, gai_strerror(error));
        exit(1);
    }
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (is_server)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (is_server ? bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, 5)
                  : connect(fd, found->ai_addr, found->ai_addrlen)) {
        fail("%s port %s: %s", host, port, strerror(errno));
        exit(1);
    }
    freeaddrinfo(found);
    return fd;
}

static bool send_all(int fd, const void *bytes, size_t len)
{
    for (const char *at = bytes; len > 0;) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail("can't send: %s", strerror(errno));
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* One recv: some bytes, 0 at the end of the stream, less than 0 when the connection broke. */
static ssize_t receive(int fd, void *buffer, size_t max)
{
    ssize_t received;
    do
        received = recv(fd, buffer, max, 0);
    while (received < 0 && errno == EINTR);
    if (received < 0)
        fail("can't receive: %s", strerror(errno));
    return received;
}

static bool receive_exactly(int fd, void *buffer, size_t len)
{
    for (char *at = buffer; len > 0;) {
        ssize_t received = receive(fd, at, len);
        if (received == 0)
            return fail("the client went away too early");
        if (received < 0)
            return false;
        at += received;
        len -= (size_t)received;
    }
    return true;
}

/* ---- UTF-8 ---- */

/* The length of the first UTF-8 sequence and its code point; 0 if there is none. */
static size_t utf8_next(const char *bytes, size_t left, uint32_t *code)
{
    const unsigned char *at = (const unsigned char *)bytes;
    size_t len = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    if ((*at >= 0x80 && *at < 0xc2) || *at > 0xf4 || len > left)
        return 0;
    *code = len == 1 ? *at : *at & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3f);
    }
    bool is_overlong = (len == 3 && *code < 0x800) || (len == 4 && *code < 0x10000);
    bool is_surrogate = *code >= 0xd800 && *code < 0xe000;
    return is_overlong || is_surrogate || *code > 0x10ffff ? 0 : len;
}

static bool is_utf8(const char *text, size_t len)
{
    uint32_t code;
    for (size_t at = 0, step; at < len; at += step)
        if (!(step = utf8_next(text + at, len - at, &code)))
            return false;
    return true;
}

static size_t utf8_put(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    out[0] = (char)(0xf00u >> (more + 1) | code >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
    return more + 1;
}

/* ---- JSON in: what json.loads takes. Two keys of the outermost object are kept. ---- */

struct text {
    char bytes[MAX_HEADER];
    size_t len;
};

struct header {
    struct text name;
    int64_t size; /* -1: missing, or no integer from 0 to MAX_FILE */
    bool has_name;
};

struct parser {
    const char *at, *end;
    struct header *header;
    struct text text; /* what is not kept */
};

static bool next_is(struct parser *json, char wanted)
{
    if (json->at == json->end || *json->at != wanted)
        return false;
    json->at++;
    return true;
}

static bool next_is_word(struct parser *json, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(json->end - json->at) < len || memcmp(json->at, word, len))
        return false;
    json->at += len;
    return true;
}

static void skip_spaces(struct parser *json)
{
    while (next_is(json, ' ') || next_is(json, '\t') || next_is(json, '\n') || next_is(json, '\r'))
        ;
}

static bool parse_hex4(struct parser *json, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = json->at < json->end && *json->at ? strchr(DIGITS, *json->at) : NULL;
        if (!digit)
            return fail("a \\u without four hexadecimal digits");
        *code = *code << 4 | (uint32_t)(digit - DIGITS) % 16;
    }
    return true;
}

static bool parse_escape(struct parser *json, uint32_t *code)
{
    static const char SHORT[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    for (const char *pair = SHORT; *pair; pair += 2)
        if (next_is(json, pair[0])) {
            *code = (unsigned char)pair[1];
            return true;
        }
    if (!next_is(json, 'u'))
        return fail("no such escape");
    if (!parse_hex4(json, code))
        return false;
    const char *before = json->at;
    if (*code >= 0xd800 && *code < 0xdc00 && next_is_word(json, "\\u")) {
        uint32_t low;
        if (!parse_hex4(json, &low))
            return false;
        if (low >= 0xdc00 && low < 0xe000)
            *code = 0x10000 + ((*code & 0x3ff) << 10 | (low & 0x3ff));
        else
            json->at = before; /* an escape of its own: a surrogate may stand alone */
    }
    return true;
}

/* A string behind its first quote. It is never longer than the way it is written. */
static bool parse_string(struct parser *json, struct text *text)
{
    text->len = 0;
    while (!next_is(json, '"')) {
        if (json->at == json->end || (unsigned char)*json->at < ' ')
            return fail("a string without an end, or a control character");
        if (next_is(json, '\\')) {
            uint32_t code = 0;
            if (!parse_escape(json, &code))
                return false;
            text->len += utf8_put(code, text->bytes + text->len);
        } else {
            text->bytes[text->len++] = *json->at++;
        }
    }
    return true;
}

static size_t skip_digits(struct parser *json)
{
    const char *first = json->at;
    while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
        json->at++;
    return (size_t)(json->at - first);
}

/* A number; *size is its value if it is an integer that a file's size can be, else -1. */
static bool parse_number(struct parser *json, int64_t *size)
{
    bool is_negative = next_is(json, '-'), is_integer = true;
    const char *digits = json->at;
    if (!next_is(json, '0') && skip_digits(json) == 0)
        return fail("no value");
    const char *end = json->at;
    if (json->end - json->at >= 2 && *json->at == '.' && json->at[1] >= '0' && json->at[1] <= '9') {
        json->at++;
        skip_digits(json);
        is_integer = false;
    }
    const char *before = json->at;
    if (next_is(json, 'e') || next_is(json, 'E')) {
        if (!next_is(json, '-'))
            next_is(json, '+');
        if (skip_digits(json) > 0)
            is_integer = false;
        else
            json->at = before;
    }
    int64_t value = 0;
    for (; digits < end && value <= MAX_FILE; digits++)
        value = value * 10 + (*digits - '0');
    *size = is_integer && value <= MAX_FILE && (!is_negative || value == 0) ? value : -1;
    return true;
}

static bool parse_value(struct parser *json, int depth);

/* The value of a key of the outermost object. Of a key that is there twice, the last counts. */
static bool parse_member(struct parser *json, int depth)
{
    struct header *header = json->header;
    const struct text *key = &json->text;
    bool is_name = depth == 1 && key->len == 8 && !memcmp(key->bytes, "filename", 8);
    bool is_size = depth == 1 && key->len == 8 && !memcmp(key->bytes, "filesize", 8);
    if (is_name && (header->has_name = next_is(json, '"')))
        return parse_string(json, &header->name);
    if (is_size) {
        header->size = -1;
        if (json->at < json->end && (*json->at == '-' || (*json->at >= '0' && *json->at <= '9'))
            && !next_is_word(json, "-Infinity"))
            return parse_number(json, &header->size);
    }
    return parse_value(json, depth);
}

static bool parse_object(struct parser *json, int depth)
{
    skip_spaces(json);
    for (bool is_first = true; !next_is(json, '}'); is_first = false) {
        if (!is_first && !next_is(json, ','))
            return fail("no ',' or '}'");
        skip_spaces(json);
        if (!next_is(json, '"'))
            return fail("no key");
        if (!parse_string(json, &json->text))
            return false;
        skip_spaces(json);
        if (!next_is(json, ':'))
            return fail("no ':'");
        skip_spaces(json);
        if (!parse_member(json, depth))
            return false;
        skip_spaces(json);
    }
    return true;
}

static bool parse_array(struct parser *json, int depth)
{
    skip_spaces(json);
    for (bool is_first = true; !next_is(json, ']'); is_first = false) {
        if (!is_first && !next_is(json, ','))
            return fail("no ',' or ']'");
        skip_spaces(json);
        if (!parse_value(json, depth))
            return false;
        skip_spaces(json);
    }
    return true;
}

static bool parse_value(struct parser *json, int depth)
{
    static const char *const WORDS[] = {"null", "true", "false", "NaN", "Infinity", "-Infinity"};
    int64_t number;
    if (depth > MAX_DEPTH)
        return fail("nested too deeply");
    if (next_is(json, '{'))
        return parse_object(json, depth + 1);
    if (next_is(json, '['))
        return parse_array(json, depth + 1);
    if (next_is(json, '"'))
        return parse_string(json, &json->text);
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (next_is_word(json, WORDS[i]))
            return true;
    return parse_number(json, &number);
}

static bool parse_header(const char *bytes, size_t len, struct header *header)
{
    struct parser json = {.at = bytes, .end = bytes + len, .header = header};
    header->size = -1;
    header->has_name = false;
    if (!is_utf8(bytes, len))
        return fail("the header is not UTF-8");
    skip_spaces(&json);
    if (!next_is(&json, '{'))
        return fail("the header is no object");
    if (!parse_object(&json, 1))
        return false;
    skip_spaces(&json);
    return json.at == json.end || fail("more behind the header's object");
}

/* ---- server ---- */

static bool receive_header(int client, struct header *header)
{
    int32_t len; /* in this machine's own byte order, as struct.pack('i', n) has it */
    char bytes[MAX_HEADER];
    if (!receive_exactly(client, &len, sizeof len))
        return false;
    if (len < 0 || len > MAX_HEADER)
        return fail("a header can't have %d bytes", (int)len);
    if (!receive_exactly(client, bytes, (size_t)len) || !parse_header(bytes, (size_t)len, header))
        return false;
    struct text *name = &header->name;
    if (!header->has_name || name->len == 0 || name->len > MAX_NAME
        || !is_utf8(name->bytes, name->len) || memchr(name->bytes, '/', name->len)
        || memchr(name->bytes, '\0', name->len))
        return fail("filename is no file name");
    name->bytes[name->len] = '\0';
    if (!strcmp(name->bytes, ".") || !strcmp(name->bytes, ".."))
        return fail("filename is a directory");
    return header->size >= 0 || fail("filesize is no file size");
}

static bool receive_body(int client, int file, int64_t left)
{
    char part[65536];
    while (left > 0) {
        size_t max = left < (int64_t)sizeof part ? (size_t)left : sizeof part;
        ssize_t received = receive(client, part, max);
        if (received == 0)
            return fail("the client went away too early");
        if (received < 0)
            return false;
        for (ssize_t done = 0, written; done < received; done += written)
            if ((written = write(file, part + done, (size_t)(received - done))) < 0)
                return fail("can't write: %s", strerror(errno));
        left -= received;
    }
    return true;
}

static bool store(int client)
{
    struct header header;
    if (!receive_header(client, &header))
        return false;
    is_unfinished = true;
    int file = open(UNFINISHED, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    bool is_whole = file >= 0 ? receive_body(client, file, header.size)
                              : fail("can't write here: %s", strerror(errno));
    if (file >= 0 && close(file) && is_whole)
        is_whole = fail("can't write: %s", strerror(errno));
    if (is_whole && rename(UNFINISHED, header.name.bytes))
        is_whole = fail("can't store the file: %s", strerror(errno));
    if (!is_whole)
        unlink(UNFINISHED);
    is_unfinished = false;
    return is_whole;
}

/* A kill must not leave half a file behind. */
static void killed(int number)
{
    if (is_unfinished)
        unlink(UNFINISHED);
    _exit(128 + number);
}

static _Noreturn void serve(int listener)
{
    signal(SIGTERM, killed);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        store(client);
        close(client);
    }
}

/* ---- client ---- */

/* A string as json.dumps prints it: in ASCII, with a surrogate pair for what is beyond U+FFFF. */
static void dump_string(FILE *out, const char *bytes, size_t left)
{
    static const char SHORT[] = "\"\"\\\\\nn\rr\tt\bb\ff";
    uint32_t code = 0;
    fputc('"', out);
    for (size_t step; left > 0; bytes += step, left -= step) {
        step = utf8_next(bytes, left, &code);
        const char *escape = SHORT;
        while (*escape && (unsigned char)*escape != code)
            escape += 2;
        if (*escape)
            fprintf(out, "\\%c", escape[1]);
        else if (code >= ' ' && code <= '~')
            fputc((int)code, out);
        else if (code < 0x10000)
            fprintf(out, "\\u%04x", (unsigned)code);
        else
            fprintf(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (code >> 10)),
                    (unsigned)(0xdc00 | (code & 0x3ff)));
    }
    fputc('"', out);
}

static bool send_header(int server, const char *name, long long size)
{
    char *dict;
    size_t len;
    FILE *out = open_memstream(&dict, &len);
    if (!out)
        return fail("no memory");
    fputs("{\"filename\": ", out);
    dump_string(out, name, strlen(name));
    fprintf(out, ", \"filesize\": %lld}", size);
    fclose(out);
    int32_t header = (int32_t)len;
    bool is_sent = send_all(server, &header, sizeof header) && send_all(server, dict, len);
    free(dict);
    return is_sent;
}

static bool send_file(int server, const char *name, int file, long long size)
{
    char part[65536];
    if (!send_header(server, name, size))
        return false;
    for (long long left = size; left > 0;) {
        size_t max = left < (long long)sizeof part ? (size_t)left : sizeof part;
        ssize_t some = read(file, part, max);
        if (some <= 0)
            return fail("%s became shorter meanwhile", name);
        if (!send_all(server, part, (size_t)some))
            return false;
        left -= some;
    }
    return true;
}

/* The typed line without its newline; NULL if there is none that can be a file's name. */
static char *typed_name(void)
{
    char *line = NULL;
    size_t room = 0;
    fputs("file to upload: ", stdout);
    fflush(stdout);
    ssize_t len = getline(&line, &room, stdin);
    if (len > 0 && line[len - 1] == '\n')
        line[--len] = '\0';
    if (len <= 0 || strlen(line) != (size_t)len || !is_utf8(line, (size_t)len)) {
        fail("no file name was typed");
        return NULL;
    }
    return line;
}

static bool upload(int server)
{
    struct stat about;
    char *name = typed_name(), more;
    if (!name)
        return false;
    int file = open(name, O_RDONLY);
    if (file < 0 || fstat(file, &about))
        return fail("%s: %s", name, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return fail("%s is a directory", name);
    if (!send_file(server, name, file, (long long)about.st_size))
        return false;
    /* The server closes when it has stored the file. */
    ssize_t received = receive(server, &more, 1);
    if (received != 0)
        return received > 0 ? fail("the server sent something") : false;
    printf("sent %lld bytes\n", (long long)about.st_size);
    close(file);
    free(name);
    return true;
}

int main(int argc, char **argv)
{
    bool is_server = argc == 4 && !strcmp(argv[1], "server");
    if (argc != 4 || (!is_server && strcmp(argv[1], "client"))) {
        fprintf(stderr, "usage: port server|client HOST PORT\n");
        return 2;
    }
    int fd = open_socket(argv[2], argv[3], is_server);
    if (is_server)
        serve(fd);
    return upload(fd) && fflush(stdout) == 0 ? 0 : 1;
}
