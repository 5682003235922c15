#define _GNU_SOURCE 1

#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static FILE *roots;

static bool take_word(order *what, const char *name, const char *value)
{
    const struct {
        const char *name;
        char *text;
        size_t cap;
        uint32_t *number;
        bool *flag;
    } words[] = {
        {"url", what->url, sizeof what->url, NULL, NULL},
        {"connect_to", what->connect_to, sizeof what->connect_to, NULL, NULL},
        {"task", what->task, sizeof what->task, NULL, NULL},
        {"operation", what->operation, sizeof what->operation, NULL, NULL},
        {"token", what->token, sizeof what->token, NULL, NULL},
        {"clock", what->clock, sizeof what->clock, NULL, NULL},
        {"token_length", NULL, 0, &what->token_length, NULL},
        {"timeout", NULL, 0, &what->timeout, NULL},
        {"connect_timeout", NULL, 0, &what->connect_timeout, NULL},
        {"cancel", NULL, 0, &what->cancel, NULL},
        {"unplug", NULL, 0, &what->unplug, NULL},
        {"plug", NULL, 0, &what->plug, NULL},
        {"busy", NULL, 0, &what->busy, NULL},
        {"time_wrong", NULL, 0, &what->time_wrong, NULL},
        {"lossless", NULL, 0, &what->lossless, NULL},
        {"hog", NULL, 0, &what->hog, NULL},
        {"loss", NULL, 0, &what->faults.loss, NULL},
        {"duplicate", NULL, 0, &what->faults.duplicate, NULL},
        {"reorder", NULL, 0, &what->faults.reorder, NULL},
        {"delay", NULL, 0, &what->faults.delay_ms, NULL},
        {"jitter", NULL, 0, &what->faults.jitter_ms, NULL},
        {"no_server", NULL, 0, NULL, &what->no_server},
        {"hurry", NULL, 0, NULL, &what->hurry},
        {"names_silent", NULL, 0, NULL, &what->answers.names_silent},
        {"has_ipv6", NULL, 0, NULL, &what->answers.has_ipv6},
        {"ipv6_dead", NULL, 0, NULL, &what->answers.ipv6_dead},
        {"names_ipv6_slow", NULL, 0, NULL, &what->answers.names_ipv6_slow},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].name, name) == 0) {
            if (words[i].text != NULL) {
                return snprintf(words[i].text, words[i].cap, "%s", value) < (int)words[i].cap;
            }
            if (words[i].number != NULL) {
                *words[i].number = (uint32_t)strtoul(value, NULL, 10);
            } else {
                *words[i].flag = strcmp(value, "0") != 0;
            }
            return true;
        }
    }
    return false;
}

bool order_read(order *what)
{
    static char text[1024];
    char *rest = text;
    char *word;

    if (fgets(text, sizeof text, stdin) == NULL) {
        return false;
    }
    memset(what, 0, sizeof *what);
    what->timeout = 30000;
    what->connect_timeout = 10000;
    while ((word = strsep(&rest, " \n")) != NULL) {
        char *name = strsep(&word, "=");

        if (*name != '\0' && (word == NULL || !take_word(what, name, word))) {
            fprintf(stderr, "what is %s?\n", name);
            exit(1);
        }
    }
    return true;
}

void order_request(const order *what, migtask_request *request, migtask_endpoint *where)
{
    static char token[16385];
    size_t given = strlen(what->token);
    size_t len = what->token_length > given ? what->token_length : given;

    memset(token, 'a', sizeof token);
    memcpy(token, what->token, given);
    memset(request, 0, sizeof *request);
    request->action.task_id = migtask_text(what->task);
    request->token = (migtask_view){token, len};
    request->timeout_ms = what->timeout;
    request->connect_timeout_ms = what->connect_timeout;
    if (!migtask_operation_find(migtask_text(what->operation), &request->action.operation) ||
        !migtask_endpoint_parse(migtask_text(what->url), &request->endpoint)) {
        fprintf(stderr, "no such operation or URL\n");
        exit(1);
    }
    *where = request->endpoint;
    if (what->connect_to[0] != '\0' &&
        !migtask_authority_parse(migtask_text(what->connect_to), request->endpoint.port, where)) {
        fprintf(stderr, "no such address\n");
        exit(1);
    }
}

void order_answers(const order *what)
{
    network_answers answers = what->answers;

    answers.time = time(NULL);
    answers.time += what->time_wrong == 1 ? -500000000 : 0;
    answers.time += what->time_wrong == 2 ? INT64_C(2300000000) : 0;
    answers.time_forged = what->time_wrong == 3;
    network_set_answers(&answers);
}

static bool print(void *ctx, const char *data, size_t len)
{
    (void)ctx;
    return fwrite(data, 1, len, stdout) == len;
}

void order_report(const order *what, const migtask_call *call)
{
    migtask_result result = {
        .outcome = migtask_call_outcome(call),
        .reason = migtask_call_reason(call),
        .operation = migtask_text(what->operation),
        .task_id = migtask_text(what->task),
        .reply = migtask_call_reply(call),
        .attempts = 1,
    };

    (void)migtask_report_json(&result, print, NULL);
}

void print_quoted(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('"');
}

static bool roots_rewind(void *ctx)
{
    (void)ctx;
    return fseek(roots, 0, SEEK_SET) == 0;
}

static bool roots_read(void *ctx, void *buf, size_t cap, size_t *got)
{
    (void)ctx;
    *got = fread(buf, 1, cap, roots);
    return ferror(roots) == 0;
}

migtask_trust order_roots(const char *file)
{
    static migtask_trust_pem pem;
    static const migtask_trust_text text = {roots_rewind, roots_read, NULL};

    if (roots == NULL && (roots = fopen(file, "re")) == NULL) {
        fprintf(stderr, "cannot open %s\n", file);
        exit(1);
    }
    return migtask_trust_from_pem(&pem, &text);
}

bool order_clock(void *ctx, int64_t *epoch_s)
{
    (void)ctx;
    *epoch_s = time(NULL);
    return true;
}

int order_random(void *ctx, void *buf, size_t len)
{
    uint8_t *at = buf;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)network_random();
    }
    return 0;
}
