/*
 * The two framed programs, file-transfer and remote-command, each as server and as client, in C
 * over POSIX sockets. docs/PROTOCOL.md has the clauses that the comments and the messages name.
 *
 *     peer server file-transfer HOST PORT FILE [DESCRIPTION]
 *     peer client file-transfer HOST PORT
 *     peer server remote-command HOST PORT
 *     peer client remote-command HOST PORT
 *
 * From top to bottom: sockets, text, JSON out, JSON in, frames, the two scenarios. A server serves
 * each client in a process of its own, so whatever goes wrong there may end that process.
 */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    COMMAND_MAX_BYTES = 1024, /* what one recv returns */
    DICT_MAX_BYTES = 1 << 20,
    ANSWER_MAX_BYTES = 256 << 20,
    OUTPUT_MAX_BYTES = 96 << 20, /* of a command, on each of its streams: both are held (NW-5) */
    NAME_MAX_BYTES = 255,
    NESTING_MAX = 995,        /* what every CPython takes */
    DIGITS_MAX = 4300,        /* likewise, of an int */
    FRAME_TIMEOUT_S = 60,     /* for the rest of a frame that has begun */
};
#define FILE_MAX_BYTES ((int64_t)1 << 40)

/* What must not stay behind when a client ends before its file is whole. */
static char unfinished[] = ".part-XXXXXX";
static volatile sig_atomic_t is_unfinished;

static _Noreturn void die(const char *clause, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "[%s] ", clause);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    if (is_unfinished)
        unlink(unfinished);
    exit(1);
}

static void *allocate(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        die("NW-5", "no memory for %zu bytes", size);
    return memory;
}

/* ---- sockets ---- */

static int open_socket(const char *host, const char *port, bool is_server)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error)
        die("NW-3", "%s port %s: %s", host, port, gai_strerror(error));
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol), yes = 1;
    if (fd < 0)
        die("NW-3", "no socket: %s", strerror(errno));
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* no command is to keep it open */
    if (!is_server) {
        if (connect(fd, found->ai_addr, found->ai_addrlen))
            die("NW-3", "can't connect to %s port %s: %s", host, port, strerror(errno));
    } else {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, 128))
            die("NW-4", "can't listen at %s port %s: %s", host, port, strerror(errno));
    }
    freeaddrinfo(found);
    return fd;
}

/* Accept for ever, and serve each client in a process of its own (NW-4). */
static _Noreturn void serve(int listener, void (*serve_client)(int, char **), char **arguments)
{
    signal(SIGCHLD, SIG_IGN); /* nobody asks how they ended */
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
            if (errno != EINTR && errno != ECONNABORTED)
                poll(NULL, 0, 100); /* out of descriptors or memory: that may pass */
            continue;
        }
        if (fork() == 0) {
            close(listener);
            fcntl(client, F_SETFD, FD_CLOEXEC);
            struct timeval patience = {.tv_sec = FRAME_TIMEOUT_S};
            setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            serve_client(client, arguments);
            exit(0);
        }
        close(client);
    }
}

static void wait_at_most(int fd, int seconds)
{
    struct timeval patience = {.tv_sec = seconds}; /* 0: for ever */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static void send_all(int fd, const void *bytes, size_t len, const char *clause)
{
    for (const char *at = bytes; len > 0;) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            die(clause, "can't send: %s", strerror(errno));
        at += sent;
        len -= (size_t)sent;
    }
}

/* One recv: some bytes, or none at the end of the stream. */
static size_t receive(int fd, void *buffer, size_t max, const char *clause)
{
    ssize_t received;
    do
        received = recv(fd, buffer, max, 0);
    while (received < 0 && errno == EINTR);
    if (received < 0)
        die(clause, "can't receive: %s", errno == EAGAIN ? "nothing comes" : strerror(errno));
    return (size_t)received;
}

/* So many bytes, however the network cuts them (NW-1). */
static void receive_exactly(int fd, void *buffer, size_t len, const char *clause, const char *what)
{
    for (size_t have = 0, more; have < len; have += more) {
        more = receive(fd, (char *)buffer + have, len - have, clause);
        if (more == 0)
            die(clause, "the stream ended after %zu of %zu bytes of %s", have, len, what);
    }
}

/* ---- text ---- */

/* The length of the UTF-8 sequence that this begins with, and its code point; 0 if it is none. */
static size_t utf8_next(const unsigned char *at, size_t left, bool surrogates_pass, uint32_t *code)
{
    size_t len = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    if ((*at >= 0x80 && *at < 0xc2) || *at > 0xf4 || len > left)
        return 0;
    *code = len == 1 ? *at : *at & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3f);
    }
    bool is_surrogate = *code >= 0xd800 && *code < 0xe000;
    bool is_overlong = (len == 3 && *code < 0x800) || (len == 4 && *code < 0x10000);
    return is_overlong || *code > 0x10ffff || (is_surrogate && !surrogates_pass) ? 0 : len;
}

static bool is_utf8(const char *text, size_t len)
{
    uint32_t code;
    for (size_t at = 0, step; at < len; at += step)
        if (!(step = utf8_next((const unsigned char *)text + at, len - at, false, &code)))
            return false;
    return true;
}

/* Bytes as Python's repr shows them, and a newline. */
static void print_repr(const char *before, const unsigned char *bytes, size_t len)
{
    bool has_single = memchr(bytes, '\'', len), has_double = memchr(bytes, '"', len);
    char quote = has_single && !has_double ? '"' : '\'';
    printf("%sb%c", before, quote);
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == quote || bytes[i] == '\\')
            printf("\\%c", bytes[i]);
        else if (bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')
            printf("\\%c", bytes[i] == '\n' ? 'n' : bytes[i] == '\r' ? 'r' : 't');
        else
            printf(bytes[i] < ' ' || bytes[i] > '~' ? "\\x%02x" : "%c", bytes[i]);
    }
    printf("%c\n", quote);
    fflush(stdout);
}

/* A typed line without its newline; false at the end of the input. */
static bool input(const char *prompt, char **line, size_t *len)
{
    static size_t room;
    fputs(prompt, stdout);
    fflush(stdout);
    ssize_t read = getline(line, &room, stdin);
    if (read < 0)
        return false;
    *len = (size_t)read - (read > 0 && (*line)[read - 1] == '\n');
    return true;
}

/* ---- JSON out: what json.dumps prints ---- */

/*
 * A string from the command line or the file system. Python has it as text in which a byte that is
 * no UTF-8 is a lone surrogate, U+DC80 to U+DCFF (surrogateescape), and writes it in ASCII.
 */
static void dump_string(FILE *out, const char *bytes)
{
    static const char SHORT[] = "\"\"\\\\\nn\rr\tt\bb\ff";
    size_t left = strlen(bytes), step;
    fputc('"', out);
    for (; left > 0; bytes += step, left -= step) {
        uint32_t code;
        step = utf8_next((const unsigned char *)bytes, left, false, &code);
        if (step == 0) {
            step = 1;
            code = 0xdc00u | (unsigned char)*bytes;
        }
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

/* ---- JSON in: what json.loads takes, of which only some keys of an object are kept ---- */

struct value {
    enum { MISSING, TEXT, INTEGER, OBJECT, OTHER } kind;
    int64_t number;       /* at the end of its range if it is beyond */
    const uint32_t *text; /* code points */
    size_t len;
};

struct field {
    const char *key;
    struct value value;
};

struct parser {
    const uint32_t *start, *at, *end;
    uint32_t *room; /* for the strings, which are no longer than what they are written as */
    struct field *fields;
    size_t field_count;
    int depth;
};

static _Noreturn void no_json(const struct parser *json, const char *why)
{
    die("FR-3", "the dict is no JSON: %s at character %td", why, json->at - json->start);
}

static bool next_is(struct parser *json, uint32_t wanted)
{
    if (json->at == json->end || *json->at != wanted)
        return false;
    json->at++;
    return true;
}

static void skip_spaces(struct parser *json)
{
    while (next_is(json, ' ') || next_is(json, '\t') || next_is(json, '\n') || next_is(json, '\r'))
        ;
}

static bool next_is_word(struct parser *json, const char *word)
{
    const uint32_t *at = json->at;
    for (; *word; word++, at++)
        if (at == json->end || *at != (unsigned char)*word)
            return false;
    json->at = at;
    return true;
}

static uint32_t parse_hex4(struct parser *json)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        if (json->at == json->end || *json->at > 'f' || !isxdigit((int)*json->at))
            no_json(json, "no four hexadecimal digits");
        int digit = (int)*json->at;
        code = code << 4 | (uint32_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return code;
}

static uint32_t parse_escape(struct parser *json)
{
    static const char SHORT[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    for (const char *pair = SHORT; *pair; pair += 2)
        if (next_is(json, (unsigned char)pair[0]))
            return (unsigned char)pair[1];
    if (!next_is(json, 'u'))
        no_json(json, "no such escape");
    uint32_t code = parse_hex4(json);
    if (code >= 0xd800 && code < 0xdc00 && next_is_word(json, "\\u")) {
        uint32_t low = parse_hex4(json);
        if (low >= 0xdc00 && low < 0xe000)
            return 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
        json->at -= 6; /* two of their own: a surrogate may be alone */
    }
    return code;
}

static struct value parse_string(struct parser *json)
{
    struct value string = {.kind = TEXT, .text = json->room};
    while (!next_is(json, '"')) {
        if (json->at == json->end || *json->at < ' ')
            no_json(json, "a string without an end, or a control character");
        *json->room++ = next_is(json, '\\') ? parse_escape(json) : *json->at++;
    }
    string.len = (size_t)(json->room - string.text);
    return string;
}

static size_t skip_digits(struct parser *json)
{
    const uint32_t *first = json->at;
    while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
        json->at++;
    return (size_t)(json->at - first);
}

static struct value parse_number(struct parser *json)
{
    struct value number = {.kind = INTEGER};
    bool is_negative = next_is(json, '-');
    const uint32_t *digits = json->at;
    if (!next_is(json, '0') && skip_digits(json) == 0)
        no_json(json, "no value");
    const uint32_t *end = json->at;
    if (next_is(json, '.')) {
        number.kind = OTHER;
        if (skip_digits(json) == 0)
            no_json(json, "no digit behind a '.'");
    }
    if (next_is(json, 'e') || next_is(json, 'E')) {
        number.kind = OTHER;
        if (!next_is(json, '-'))
            next_is(json, '+');
        if (skip_digits(json) == 0)
            no_json(json, "no digit in an exponent");
    }
    if (number.kind == INTEGER && end - digits > DIGITS_MAX)
        no_json(json, "an int of more than 4300 digits");
    for (; digits < end; digits++) {
        int64_t digit = *digits - '0';
        bool is_over = number.number > (INT64_MAX - digit) / 10;
        number.number = is_over ? INT64_MAX : number.number * 10 + digit;
    }
    if (is_negative)
        number.number = -number.number;
    return number;
}

static void keep(struct parser *json, const struct value *key, const struct value *value)
{
    for (size_t i = 0; i < json->field_count; i++) {
        const char *wanted = json->fields[i].key;
        size_t same = 0;
        while (same < key->len && key->text[same] == (unsigned char)wanted[same])
            same++;
        if (same == key->len && !wanted[same])
            json->fields[i].value = *value; /* of a key that is there twice, the last */
    }
}

static struct value parse_value(struct parser *json);

static struct value parse_object(struct parser *json)
{
    skip_spaces(json);
    for (bool is_first = true; !next_is(json, '}'); is_first = false) {
        if (!is_first && !next_is(json, ','))
            no_json(json, "no ',' or '}'");
        skip_spaces(json);
        if (!next_is(json, '"'))
            no_json(json, "no key");
        struct value key = parse_string(json);
        skip_spaces(json);
        if (!next_is(json, ':'))
            no_json(json, "no ':'");
        skip_spaces(json);
        struct value member = parse_value(json);
        if (json->depth == 1)
            keep(json, &key, &member);
        skip_spaces(json);
    }
    return (struct value){.kind = OBJECT};
}

static struct value parse_array(struct parser *json)
{
    skip_spaces(json);
    for (bool is_first = true; !next_is(json, ']'); is_first = false) {
        if (!is_first && !next_is(json, ','))
            no_json(json, "no ',' or ']'");
        skip_spaces(json);
        parse_value(json);
        skip_spaces(json);
    }
    return (struct value){.kind = OTHER};
}

static struct value parse_value(struct parser *json)
{
    static const char *const WORDS[] = {"null", "true", "false", "NaN", "Infinity", "-Infinity"};
    if (++json->depth > NESTING_MAX)
        no_json(json, "nested too deeply");
    struct value value = {.kind = OTHER};
    if (next_is(json, '"')) {
        value = parse_string(json);
    } else if (next_is(json, '{')) {
        value = parse_object(json);
    } else if (next_is(json, '[')) {
        value = parse_array(json);
    } else {
        size_t word = 0, count = sizeof WORDS / sizeof *WORDS;
        while (word < count && !next_is_word(json, WORDS[word]))
            word++;
        if (word == count)
            value = parse_number(json);
    }
    json->depth--;
    return value;
}

/* How json.loads takes the bytes: each unit so wide, the big end first or last, behind a mark. */
struct encoding {
    size_t width, mark;
    bool is_big;
};

static struct encoding detect_encoding(const unsigned char *b, size_t len)
{
    if (len >= 4 && !memcmp(b, "\0\0\xfe\xff", 4))
        return (struct encoding){4, 4, true};
    if (len >= 4 && !memcmp(b, "\xff\xfe\0\0", 4))
        return (struct encoding){4, 4, false};
    if (len >= 2 && !memcmp(b, "\xfe\xff", 2))
        return (struct encoding){2, 2, true};
    if (len >= 2 && !memcmp(b, "\xff\xfe", 2))
        return (struct encoding){2, 2, false};
    if (len >= 3 && !memcmp(b, "\xef\xbb\xbf", 3))
        return (struct encoding){1, 3, false};
    if ((len >= 4 || len == 2) && !b[0])
        return (struct encoding){b[1] ? 2 : 4, 0, true};
    if ((len >= 4 || len == 2) && !b[1])
        return (struct encoding){len == 2 || b[2] || b[3] ? 2 : 4, 0, false};
    return (struct encoding){1, 0, false};
}

/* The code points of a dict's bytes: nearly always UTF-8, but json.loads takes more (FR-3). */
static size_t decode(const unsigned char *bytes, size_t len, uint32_t *codes)
{
    struct encoding encoding = detect_encoding(bytes, len);
    size_t count = 0;
    for (size_t at = encoding.mark, step; at < len; at += step) {
        uint32_t code = 0;
        step = encoding.width;
        if (step == 1)
            step = utf8_next(bytes + at, len - at, true, &code);
        else if (step > len - at)
            step = 0;
        for (size_t i = 0; encoding.width > 1 && i < step; i++)
            code |= (uint32_t)bytes[at + i] << 8 * (encoding.is_big ? step - 1 - i : i);
        if (step == 0 || code > 0x10ffff)
            die("FR-3", "the dict is no text at byte %zu", at);
        uint32_t before = count > 0 && step == 2 && encoding.width == 2 ? codes[count - 1] : 0;
        if (before >= 0xd800 && before < 0xdc00 && code >= 0xdc00 && code < 0xe000)
            codes[count - 1] = 0x10000 + ((before & 0x3ff) << 10 | (code & 0x3ff));
        else
            codes[count++] = code;
    }
    return count;
}

/* Fill in these fields of the object that the bytes must be. */
static void parse_dict(const unsigned char *bytes, size_t len, struct field *fields, size_t count)
{
    uint32_t *codes = allocate(len * sizeof *codes), *room = allocate(len * sizeof *room);
    size_t code_count = decode(bytes, len, codes);
    struct parser json = {codes, codes, codes + code_count, room, fields, count, 0};
    skip_spaces(&json);
    struct value dict = parse_value(&json);
    skip_spaces(&json);
    if (json.at < json.end)
        no_json(&json, "more behind it");
    if (dict.kind != OBJECT)
        die("FR-4", "the dict is none");
    free(codes); /* the room stays: the fields are in it */
}

/* ---- frames ---- */

/* A header in this machine's own order, as struct.pack('i', n) has it, and the dict. */
static void send_head(int fd, const char *dict, size_t len, const char *clause)
{
    int32_t header = (int32_t)len;
    if (len > DICT_MAX_BYTES)
        die("FR-2", "nobody takes a dict of %zu bytes", len);
    send_all(fd, &header, sizeof header, clause);
    send_all(fd, dict, len, clause);
}

/* Receive a header and a dict. The first of the fields is the size. */
static int64_t receive_head(int fd, struct field *fields, size_t count, int64_t max)
{
    int32_t len;
    wait_at_most(fd, 0);
    receive_exactly(fd, &len, 1, "FR-1", "a header");
    wait_at_most(fd, FRAME_TIMEOUT_S);
    receive_exactly(fd, (char *)&len + 1, sizeof len - 1, "FR-1", "the rest of a header");
    if (len < 0 || len > DICT_MAX_BYTES)
        die("FR-2", "the header announces %d bytes", len);
    unsigned char *dict = allocate((size_t)len);
    receive_exactly(fd, dict, (size_t)len, "FR-3", "a dict");
    parse_dict(dict, (size_t)len, fields, count);
    free(dict);
    const struct value *size = &fields[0].value;
    if (size->kind != INTEGER || size->number < 0 || size->number > max)
        die("FR-4", "%s is not an int from 0 to %lld", fields[0].key, (long long)max);
    return size->number;
}

/* ---- file-transfer ---- */

static void send_file(int client, char **arguments)
{
    const char *path = arguments[0], *description = arguments[1] ? arguments[1] : "what fuck";
    const char *slash = strrchr(path, '/');
    int file = open(path, O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about))
        die("FT-4", "can't read %s: %s", path, strerror(errno));

    char *dict;
    size_t len;
    FILE *out = open_memstream(&dict, &len);
    if (!out)
        die("NW-5", "no memory for a dict");
    fputs("{\"file_name\": ", out);
    dump_string(out, slash ? slash + 1 : path);
    fputs(", \"file_desc\": ", out);
    dump_string(out, description);
    fprintf(out, ", \"file_size\": %lld}", (long long)about.st_size);
    fclose(out);
    send_head(client, dict, len, "FT-10");
    free(dict);

    /* As many bytes as were announced, though the file may have grown meanwhile (FT-4). */
    char part[65536];
    for (int64_t left = about.st_size; left > 0;) {
        ssize_t some = read(file, part, left < (int64_t)sizeof part ? (size_t)left : sizeof part);
        if (some <= 0)
            die("FT-4", "%s has become shorter", path);
        send_all(client, part, (size_t)some, "FT-10");
        left -= some;
    }
}

/* The name as the file system has it, if a file in the working directory can have it (FR-7). */
static void file_name(const struct value *text, char name[NAME_MAX_BYTES + 1])
{
    size_t len = 0;
    if (text->kind != TEXT)
        die("FR-7", "file_name is no string");
    for (size_t i = 0; i < text->len; i++) {
        uint32_t code = text->text[i];
        if (code == 0 || code == '/')
            die("FR-7", "file_name has a '/' or a NUL in it");
        char bytes[4];
        size_t count = 0;
        if (code >= 0xdc80 && code < 0xdd00) { /* a byte that was no UTF-8: surrogateescape */
            bytes[count++] = (char)code;
        } else if (code >= 0xd800 && code < 0xe000) {
            die("FR-7", "file_name has a lone surrogate in it");
        } else if (code < 0x80) {
            bytes[count++] = (char)code;
        } else {
            int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
            bytes[count++] = (char)(0xf00u >> (more + 1) | code >> 6 * more);
            while (more-- > 0)
                bytes[count++] = (char)(0x80 | (code >> 6 * more & 0x3f));
        }
        if (len + count > NAME_MAX_BYTES)
            die("FR-7", "file_name is longer than %d bytes", NAME_MAX_BYTES);
        memcpy(name + len, bytes, count);
        len += count;
    }
    name[len] = '\0';
    if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
        die("FR-7", "file_name is empty or a directory");
    struct stat there;
    if (!lstat(name, &there) && !S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode))
        die("FR-7", "something else than a file has this file_name");
}

static void ended_by_signal(int number)
{
    if (is_unfinished)
        unlink(unfinished);
    _exit(128 + number);
}

static void fetch_file(int server)
{
    struct field fields[] = {{.key = "file_size"}, {.key = "file_name"}};
    int64_t size = receive_head(server, fields, 2, FILE_MAX_BYTES);
    char name[NAME_MAX_BYTES + 1];
    file_name(&fields[1].value, name);

    /* Under another name until it is whole (FR-8); here, so that it can be renamed. */
    const int ends[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], ended_by_signal);
    is_unfinished = true;
    int file = mkstemp(unfinished);
    if (file < 0) {
        is_unfinished = false;
        die("FT-6", "can't write here: %s", strerror(errno));
    }
    mode_t mask = umask(0);
    chmod(unfinished, 0666 & ~mask); /* by its name: a mutant may have something else open */
    char part[65536];
    for (int64_t left = size; left > 0;) {
        size_t max = left < (int64_t)sizeof part ? (size_t)left : sizeof part;
        size_t some = receive(server, part, max, "FR-5");
        if (some == 0)
            die("FR-5", "the stream ended %lld bytes before the file is whole", (long long)left);
        for (size_t done = 0; done < some;) {
            ssize_t written = write(file, part + done, some - done);
            if (written < 0)
                die("FT-6", "can't write: %s", strerror(errno));
            done += (size_t)written;
        }
        left -= (int64_t)some;
    }
    if (close(file) || rename(unfinished, name)) /* a link is replaced, not followed (FR-7) */
        die("FR-7", "can't write the file: %s", strerror(errno));
    is_unfinished = false;

    fputs("{\"file_name\": ", stdout);
    dump_string(stdout, name);
    printf(", \"file_size\": %lld}\n", (long long)size);
}

/* ---- remote-command ---- */

struct output {
    int fd; /* -1 when it has ended */
    char *bytes;
    size_t len, room;
};

static void read_some(struct output *output)
{
    if (output->len == output->room) {
        output->room = output->room ? output->room * 2 : 65536;
        output->bytes = realloc(output->bytes, output->room);
        if (!output->bytes)
            die("NW-5", "no memory for what a command writes");
    }
    ssize_t some = read(output->fd, output->bytes + output->len, output->room - output->len);
    if (some > 0) {
        output->len += (size_t)some;
        if (output->len > OUTPUT_MAX_BYTES)
            die("NW-5", "a command wrote more than %d bytes", OUTPUT_MAX_BYTES);
    } else if (some == 0 || errno != EINTR) {
        close(output->fd);
        output->fd = -1;
    }
}

/* Run a command as Popen(command, shell=True) does, and answer what it wrote (RC-2 to RC-5). */
static void answer_command(int client, const char *command)
{
    int pipes[2][2];
    for (int i = 0; i < 2; i++) {
        if (pipe(pipes[i]))
            die("RC-5", "no pipe: %s", strerror(errno));
        fcntl(pipes[i][0], F_SETFD, FD_CLOEXEC);
        fcntl(pipes[i][1], F_SETFD, FD_CLOEXEC);
    }
    pid_t child = fork();
    if (child < 0)
        die("RC-5", "no process: %s", strerror(errno));
    if (child == 0) {
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(pipes[0][1], 1);
        dup2(pipes[1][1], 2);
        signal(SIGCHLD, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        execl("/bin/sh", "/bin/sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(pipes[0][1]);
    close(pipes[1][1]);
    struct output out = {.fd = pipes[0][0]}, err = {.fd = pipes[1][0]};
    /* Both at once, or a command that fills one pipe would wait for ever. If it said anything on
     * standard error, that is the answer, whether or not its standard output ever ends. */
    while (err.fd >= 0 || (err.len == 0 && out.fd >= 0)) {
        struct pollfd ready[] = {{out.fd, POLLIN, 0}, {err.fd, POLLIN, 0}};
        poll(ready, 2, -1);
        if (ready[0].revents)
            read_some(&out);
        if (ready[1].revents)
            read_some(&err);
    }
    print_repr("", (unsigned char *)(err.bytes ? err.bytes : ""), err.len);
    const struct output *answer = err.len > 0 ? &err : &out;
    char dict[64];
    int len = snprintf(dict, sizeof dict, "{\"data_size\": %zu}", answer->len);
    send_head(client, dict, (size_t)len, "RC-9");
    send_all(client, answer->bytes, answer->len, "RC-9");
    if (out.fd >= 0)
        close(out.fd);
    free(out.bytes);
    free(err.bytes);
}

static void obey(int client, char **arguments)
{
    (void)arguments;
    char command[COMMAND_MAX_BYTES + 1];
    for (size_t len; (len = receive(client, command, COMMAND_MAX_BYTES, "RC-9"));) {
        print_repr("cmd: ", (unsigned char *)command, len);
        if (!is_utf8(command, len) || memchr(command, 0, len))
            die("RC-11", "what came is no command");
        command[len] = '\0';
        answer_command(client, command);
    }
}

/* GBK to UTF-8; false if it is none. Nothing is shown without `out`. */
static bool show_gbk(unsigned char *bytes, size_t len, FILE *out)
{
    for (size_t at = 0; at < len; at += bytes[at] < 0x80 ? 1 : 2)
        if (bytes[at] == 0x80) /* glibc takes it for a character of its own; Python refuses it */
            return false;
    iconv_t converter = iconv_open("UTF-8", "GBK");
    if (converter == (iconv_t)-1)
        die("RC-6", "this system knows no GBK");
    char *at = (char *)bytes;
    bool is_right = true;
    while (is_right && len > 0) {
        char text[4096], *end = text;
        size_t left = sizeof text;
        size_t result = iconv(converter, &at, &len, &end, &left);
        is_right = result != (size_t)-1 || errno == E2BIG;
        if (out)
            fwrite(text, 1, (size_t)(end - text), out);
    }
    iconv_close(converter);
    return is_right;
}

static void ask_commands(int server)
{
    char *line = NULL;
    for (size_t len; input(">>: ", &line, &len);) {
        if (len == 0)
            continue;
        if (!is_utf8(line, len) || len > COMMAND_MAX_BYTES)
            die("RC-1", "a command is UTF-8 of at most %d bytes", COMMAND_MAX_BYTES);
        send_all(server, line, len, "FR-1");
        struct field size = {.key = "data_size"};
        size_t body_len = (size_t)receive_head(server, &size, 1, ANSWER_MAX_BYTES);
        unsigned char *body = allocate(body_len); /* no memory until something is in it */
        receive_exactly(server, body, body_len, "FR-5", "an answer");
        if (!show_gbk(body, body_len, NULL))
            die("RC-8", "the answer is not GBK");
        show_gbk(body, body_len, stdout);
        putchar('\n');
        free(body);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*serve)(int, char **);
        void (*ask)(int);
        int arguments;
    } SCENARIOS[] = {
        {"file-transfer", send_file, fetch_file, 1},
        {"remote-command", obey, ask_commands, 0},
    };
    const size_t count = sizeof SCENARIOS / sizeof *SCENARIOS;
    size_t i = 0;
    while (argc >= 5 && i < count && strcmp(argv[2], SCENARIOS[i].name))
        i++;
    bool is_server = argc >= 5 && !strcmp(argv[1], "server");
    if (argc < 5 || i == count || (is_server && argc < 5 + SCENARIOS[i].arguments)) {
        fprintf(stderr, "usage: peer server|client SCENARIO HOST PORT [FILE [DESCRIPTION]]\n");
        return 2;
    }
    int fd = open_socket(argv[3], argv[4], is_server);
    if (is_server)
        serve(fd, SCENARIOS[i].serve, argv + 5);
    SCENARIOS[i].ask(fd);
    return fflush(stdout) ? 1 : 0;
}
