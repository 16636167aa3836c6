/* Both roles in C: `port server` and `port client`. The address is fixed. */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 9001

static int stream_socket(void) {
    int sock = socket(AF_INET, SOCK_STREAM, 0);
    if (sock < 0) {
        perror("socket");
        exit(1);
    }
    return sock;
}

static struct sockaddr_in address(const char *host) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    inet_pton(AF_INET, host, &at.sin_addr);
    return at;
}

/* A client that stops in the middle of a line gets no answer to it. */
static void serve(int sock) {
    FILE *in = fdopen(sock, "r");
    FILE *out = fdopen(dup(sock), "w");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while (in && out && (len = getline(&line, &room, in)) > 0 && line[len - 1] == '\n') {
        for (ssize_t at = 0; at < len; at++)
            if (line[at] >= 'a' && line[at] <= 'z') line[at] -= 'a' - 'A';
        fprintf(out, "%zd ", len - 1);
        fwrite(line, 1, (size_t)len, out);
        if (fflush(out)) break;
    }
    free(line);
    if (in) fclose(in);
    if (out) fclose(out);
}

static int server(void) {
    struct sockaddr_in at = address("0.0.0.0");
    int listener = stream_socket();
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 16)) {
        perror("cannot listen");
        return 1;
    }
    signal(SIGCHLD, SIG_IGN);
    printf("listening on 0.0.0.0, port %d\n", PORT);
    fflush(stdout);
    for (;;) {
        int sock = accept(listener, NULL, NULL);
        if (sock < 0) continue;
        if (fork() == 0) {
            close(listener);
            serve(sock);
            _exit(0);
        }
        close(sock);
    }
}

/* Text as UTF-8. U+FFFD stands for a character that breaks off, and for any other byte of none. */
static void show(const char *text, size_t len) {
    const unsigned char *at = (const unsigned char *)text, *end = at + len;
    while (at < end) {
        size_t size = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4, there = 1;
        unsigned low = *at == 0xe0 ? 0xa0 : *at == 0xf0 ? 0x90 : 0x80;
        unsigned high = *at == 0xed ? 0x9f : *at == 0xf4 ? 0x8f : 0xbf;
        int begins = *at < 0x80 || (*at >= 0xc2 && *at <= 0xf4);
        for (; begins && there < size && at + there < end; there++, low = 0x80, high = 0xbf)
            if (at[there] < low || at[there] > high) break;
        if (begins && there == size)
            fwrite(at, 1, size, stdout);
        else
            fputs("\xef\xbf\xbd", stdout);
        at += there;
    }
    putchar('\n');
}

static int client(void) {
    struct sockaddr_in at = address("127.0.0.1");
    int sock = stream_socket();
    if (connect(sock, (struct sockaddr *)&at, sizeof at)) {
        perror("cannot connect");
        return 1;
    }
    printf("connected to 127.0.0.1, port %d\n", PORT);
    fflush(stdout);
    signal(SIGPIPE, SIG_IGN);
    FILE *answers = fdopen(sock, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while (answers && (len = getline(&line, &room, stdin)) > 0) {
        if (send(sock, line, (size_t)len, 0) != len) {
            perror("cannot send");
            return 1;
        }
        len = getline(&line, &room, answers);
        char *text = NULL;
        if (len <= 0 || line[len - 1] != '\n') {
            fputs("the server has gone\n", stderr);
            return 1;
        }
        long count = strtol(line, &text, 10);
        if (*text != ' ' || count != line + len - text - 2) {
            fputs("the server miscounts\n", stderr);
            return 1;
        }
        show(text + 1, (size_t)count);
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "server")) return server();
    if (argc == 2 && !strcmp(argv[1], "client")) return client();
    fputs("usage: port server | port client\n", stderr);
    return 2;
}
