/*
 * The command protocol in C: server.py and client.py in one program.
 *
 *     port server HOST PORT
 *     port client HOST PORT
 *
 * From top to bottom: sockets, UTF-8, frames, the commands, the server, the client. A function that
 * fails says so on standard error and returns false. The server then closes the connection and goes
 * on.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_COMMAND = 4096, MAX_OUTPUT = 1 << 24, MAX_REPEAT = 1000 };

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
            return fail("the connection ended early");
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

/* ---- frames ---- */

struct text {
    char *bytes;
    size_t len;
};

/* A length in this machine's own byte order, as struct.pack('i', n) has it, and the text. */
static bool send_text(int fd, const char *bytes, size_t len)
{
    int32_t header = (int32_t)len;
    /* In one piece: a second one would wait for the other side to confirm the first. */
    char *frame = malloc(sizeof header + len);
    if (!frame)
        return fail("no memory");
    memcpy(frame, &header, sizeof header);
    memcpy(frame + sizeof header, bytes, len);
    bool is_complete = send_all(fd, frame, sizeof header + len);
    free(frame);
    return is_complete;
}

/* What follows the first byte of a frame. */
static bool receive_rest(int fd, char first, size_t max, struct text *text)
{
    int32_t len;
    char header[sizeof len] = {first};
    if (!receive_exactly(fd, header + 1, sizeof header - 1))
        return false;
    memcpy(&len, header, sizeof len);
    if (len < 0 || (size_t)len > max)
        return fail("a text can't have %d bytes", (int)len);
    text->len = (size_t)len;
    text->bytes = malloc(text->len + 1);
    if (!text->bytes)
        return fail("no memory");
    bool is_right = receive_exactly(fd, text->bytes, text->len);
    if (is_right && !is_utf8(text->bytes, text->len))
        is_right = fail("the text is not UTF-8");
    if (!is_right)
        free(text->bytes);
    return is_right;
}

/* ---- commands ---- */

/* ASCII letters alone. */
static void run_upper(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fputc(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 0x20 : text[i], out);
}

/* Character by character, not byte by byte. */
static void run_rev(FILE *out, const char *text, size_t len)
{
    for (size_t end = len, start = len; end > 0; end = start) {
        do
            start--;
        while (start > 0 && ((unsigned char)text[start] & 0xc0) == 0x80);
        fwrite(text + start, 1, end - start, out);
    }
}

static void run_repeat(FILE *out, const char *rest, size_t len)
{
    size_t digits = 0;
    long count = 0;
    for (; digits < len && digits <= 4 && rest[digits] >= '0' && rest[digits] <= '9'; digits++)
        count = count * 10 + (rest[digits] - '0');
    bool is_count = digits > 0 && digits <= 4 && (digits == len || rest[digits] == ' ');
    if (!is_count || count > MAX_REPEAT) {
        fprintf(out, "usage: repeat N TEXT, with N up to %d", MAX_REPEAT);
        return;
    }
    size_t start = digits < len ? digits + 1 : len;
    for (; count > 0; count--)
        fwrite(rest + start, 1, len - start, out);
}

static FILE *open_file(const char *name, size_t len)
{
    struct stat about;
    bool is_name = len > 0 && strlen(name) == len && !memchr(name, '/', len);
    if (!is_name || stat(name, &about) || S_ISDIR(about.st_mode))
        return NULL;
    return fopen(name, "rb");
}

/* Lines, words and bytes of a file; `name` ends in a NUL. */
static void run_wc(FILE *out, const char *name, size_t len)
{
    long lines = 0, words = 0, bytes = 0;
    bool is_inside = false;
    FILE *file = open_file(name, len);
    if (!file) {
        fputs("wc: no such file", out);
        return;
    }
    for (int byte; (byte = getc(file)) != EOF; bytes++) {
        bool is_space = byte == ' ' || (byte >= '\t' && byte <= '\r');
        lines += byte == '\n';
        words += !is_space && !is_inside;
        is_inside = !is_space;
    }
    fclose(file);
    fprintf(out, "%ld %ld %ld", lines, words, bytes);
}

static void run(FILE *out, const struct text *command)
{
    const char *space = memchr(command->bytes, ' ', command->len);
    size_t verb = space ? (size_t)(space - command->bytes) : command->len;
    size_t start = space ? verb + 1 : verb, len = command->len - start;
    const char *rest = command->bytes + start;
    const struct {
        const char *verb;
        void (*run)(FILE *, const char *, size_t);
    } COMMANDS[] = {{"upper", run_upper}, {"rev", run_rev}, {"repeat", run_repeat}, {"wc", run_wc}};
    if (verb == 4 && !memcmp(command->bytes, "echo", 4)) {
        fwrite(rest, 1, len, out);
        return;
    }
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strlen(COMMANDS[i].verb) == verb && !memcmp(command->bytes, COMMANDS[i].verb, verb)) {
            COMMANDS[i].run(out, rest, len);
            return;
        }
    fputs("unknown command: ", out);
    fwrite(command->bytes, 1, verb, out);
}

/* ---- server ---- */

static bool answer(int client, struct text *command)
{
    struct text output;
    FILE *out = open_memstream(&output.bytes, &output.len);
    if (!out)
        return fail("no memory");
    command->bytes[command->len] = '\0';
    run(out, command);
    bool is_sent = fclose(out) == 0 && send_text(client, output.bytes, output.len);
    free(output.bytes);
    return is_sent;
}

/* Answers one client's commands until it is done. */
static bool serve_client(int client)
{
    for (char first;;) {
        struct text command;
        ssize_t received = receive(client, &first, 1);
        if (received <= 0)
            return received == 0;
        if (!receive_rest(client, first, MAX_COMMAND, &command))
            return false;
        bool is_answered = answer(client, &command);
        free(command.bytes);
        if (!is_answered)
            return false;
    }
}

static _Noreturn void serve(int listener)
{
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        serve_client(client);
        close(client);
    }
}

/* ---- client ---- */

static bool ask(int server, const char *line, size_t len)
{
    char first;
    struct text output;
    if (!is_utf8(line, len))
        return fail("the line is not UTF-8");
    if (!send_text(server, line, len))
        return false;
    if (!receive_exactly(server, &first, 1) || !receive_rest(server, first, MAX_OUTPUT, &output))
        return false;
    fwrite(output.bytes, 1, output.len, stdout);
    putchar('\n');
    free(output.bytes);
    return true;
}

/* Sends each typed line until "exit" or the end of the input. */
static bool ask_all(int server)
{
    char *line = NULL;
    size_t room = 0;
    for (;;) {
        fputs("> ", stdout);
        fflush(stdout);
        ssize_t len = getline(&line, &room, stdin);
        if (len > 0 && line[len - 1] == '\n')
            len--;
        if (len < 0 || (len == 4 && !memcmp(line, "exit", 4)))
            break;
        if (!ask(server, line, (size_t)len))
            return false;
    }
    free(line);
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
    return ask_all(fd) && fflush(stdout) == 0 ? 0 : 1;
}
