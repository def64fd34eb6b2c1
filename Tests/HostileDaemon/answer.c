// What it answers.
#include "hostile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const phases[] = {"starting", "starting", "ready", "draining"};

__attribute__((format(printf, 3, 4))) static size_t respond(char **text, const char *status, const char *format, ...) {
    va_list values;
    char *body = NULL;
    va_start(values, format);
    int length = vasprintf(&body, format, values);
    va_end(values);
    if (length < 0) refuse("memory");
    const char *type = *body == '{' ? "application/json" : "text/html";
    int total = asprintf(text, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, type, length, body);
    free(body);
    if (total < 0) refuse("memory");
    return (size_t)total;
}

static const char *either(const char *told, const char *own) {
    return told != NULL ? told : own;
}

static size_t info(enum phase phase, char **text) {
    char address[128] = "";
    char owner[256] = "";
    char *padding = calloc(1, options.pad > 0 ? (size_t)options.pad + 1 : 1);
    if (padding == NULL) refuse("memory");
    if (options.pad > 0) memset(padding, 'x', (size_t)options.pad);
    if (self.port >= 0) snprintf(address, sizeof address, "\"base_url\":\"http://127.0.0.1:%ld\",\"port\":%ld,", self.port, self.port);
    if (self.owner != NULL) snprintf(owner, sizeof owner, "\"owner\":\"%.200s\",", self.owner);
    size_t length = respond(text, "200 OK",
                            "{\"name\":\"rbee-hostile\",\"kind\":\"%s\",\"instance\":\"%s\",\"nonce\":\"%s\",\"pid\":%ld,\"version\":\"%s\","
                            "\"build_id\":\"%s\",\"protocol\":1,%s%s\"socket\":\"%s\",\"started_at\":%lld,\"state\":\"%s\",\"padding\":\"%s\"}",
                            either(options.as_kind, options.kind), either(options.as_instance, options.instance),
                            either(options.as_nonce, self.nonce), options.as_pid >= 0 ? options.as_pid : (long)self.pid,
                            either(options.as_version, "0.1.0"), either(options.as_build, "hostile"), address, owner, self.socket_path,
                            (long long)self.started, phases[phase], padding);
    free(padding);
    return length;
}

static size_t complain(char **text, const char *status, const char *code) {
    return respond(text, status, "{\"error\":{\"code\":\"%s\",\"message\":\"rbee-hostile: %s\"}}", code, code);
}

static size_t health(enum phase phase, char **text) {
    if (options.never_healthy) return complain(text, "503 Service Unavailable", "never healthy");
    if (phase != SERVING) return complain(text, "503 Service Unavailable", phases[phase]);
    return respond(text, "200 OK", "{\"status\":\"healthy\"}");
}

static size_t shut_down(char **text, int *ends) {
    const char *how = options.shutdown;
    if (strcmp(how, "silent") == 0) return 0;
    if (strcmp(how, "abrupt") == 0) exit(0);
    if (strcmp(how, "refuse") == 0) return complain(text, "403 Forbidden", "refused");
    if (strcmp(how, "error") == 0) return complain(text, "500 Internal Server Error", "internal");
    if (strcmp(how, "missing") == 0) return complain(text, "404 Not Found", "not_found");
    *ends = strcmp(how, "accept") != 0;
    return respond(text, "200 OK", "{\"status\":\"draining\"}");
}

size_t answer(const char *method, const char *path, enum phase phase, char **text, int *ends) {
    if (options.all_200) return respond(text, "200 OK", "<html><body>Welcome</body></html>");
    if (strcmp(path, "/v1/info") == 0) return info(phase, text);
    if (strcmp(path, "/health") == 0) return health(phase, text);
    if (strcmp(method, "POST") == 0 && strcmp(path, "/v1/shutdown") == 0) return shut_down(text, ends);
    if (phase != SERVING) return complain(text, "503 Service Unavailable\r\nRetry-After: 1", phases[phase]);
    if (strcmp(method, "POST") == 0 && strcmp(path, "/v1/ping") == 0) {
        return respond(text, "200 OK", "{\"status\":\"ok\"}");
    }
    return complain(text, "404 Not Found", "not_found");
}
