/*
 * call.c - what a call of the library leaves in memory.
 *
 *     call PORT ROOTS TASK_ID LENGTH LEAST [unwiped]
 *
 * Runs the same call again and again over TLS on a stack of its own, with a token of LENGTH,
 * cancelled after one step, after two, and so on until it ends by itself. After each, all memory of
 * the process that can be written is searched for runs of LEAST and more bytes of the token, which
 * may stand only where the caller has it. While a call is under way there must be some, or the
 * search would prove nothing. With "unwiped", migtask_wipe() does nothing, and that must be found.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "migtask.h"
#include "migtask_posix.h"
#include "migtask_tls.h"

enum { STACK_SIZE = 256 * 1024, PAGE = 4096, STEPS_MAX = 100000 };

static uint64_t arena[(MIGTASK_TLS_ARENA + 7) / 8];
static uint64_t stack[STACK_SIZE / 8];
static migtask_posix_reader roots_file;
static migtask_trust_pem roots;
static migtask_posix_tcp tcp;
static migtask_tls tls;
static migtask_call call;
static char token[MIGTASK_TOKEN_MAX];
static size_t length; /* of the token */
static size_t least;
static bool unwiped;
static size_t found_during; /* runs seen while calls were under way */
static size_t found_after;
static unsigned steps_limit;
static bool ended_by_itself;
static migtask_request request;
static migtask_endpoint peer;

/* The linker puts this in the place of migtask_wipe(). */
void __real_migtask_wipe(void *memory, size_t len);
void __wrap_migtask_wipe(void *memory, size_t len);
void __wrap_migtask_wipe(void *memory, size_t len)
{
    if (!unwiped) {
        __real_migtask_wipe(memory, len);
    }
}

/* ---- The search ---- */

/* Where in the token two bytes stand, last place first: places plus one, 0 if there are no more. */
static uint16_t last_place[1 << 16];
static uint16_t place_before[MIGTASK_TOKEN_MAX];

static size_t pair(const char *at)
{
    return (size_t)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

static void index_token(void)
{
    for (size_t i = 0; i + least <= length; i++) {
        place_before[i] = last_place[pair(token + i)];
        last_place[pair(token + i)] = (uint16_t)(i + 1);
    }
}

static bool starts_run(const char *at)
{
    for (size_t place = last_place[pair(at)]; place > 0; place = place_before[place - 1]) {
        if (memcmp(token + place - 1, at, least) == 0) {
            return true;
        }
    }
    return false;
}

static const char *name_of(const char *at)
{
    const struct {
        const char *name;
        const void *memory;
        size_t size;
    } known[] = {{"the call object", &call, sizeof call},
                 {"the TLS stream", &tls, sizeof tls},
                 {"the TLS arena", arena, sizeof arena},
                 {"the stack", stack, sizeof stack},
                 {"the TCP stream", &tcp, sizeof tcp}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const char *memory = known[i].memory;
        if (at >= memory && at < memory + known[i].size) {
            return known[i].name;
        }
    }
    return "other memory";
}

static bool is_zero(const char *page)
{
    return *page == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

/* Counts the runs between two addresses, and tells of them if told to. */
static size_t search_area(const char *at, const char *end, bool tell)
{
    size_t found = 0;
    while ((size_t)(end - at) >= least) {
        if ((uintptr_t)at % PAGE == 0 && end - at >= PAGE && is_zero(at)) {
            at += PAGE;
        } else if (at >= token && at < token + length) {
            at = token + length;
        } else if (starts_run(at)) {
            if (tell && found < 5) {
                printf("    after %u steps: a run in %s\n", steps_limit, name_of(at));
            }
            found++;
            at += least;
        } else {
            at++;
        }
    }
    return found;
}

static size_t search(bool tell)
{
    static char lines[64 * 1024]; /* all at once: reading them must not move what is listed */
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL) {
        perror("/proc/self/maps");
        exit(2);
    }
    lines[fread(lines, 1, sizeof lines - 1, maps)] = '\0';
    (void)fclose(maps);
    size_t found = 0;
    char *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *dash;
        uintptr_t start = (uintptr_t)strtoull(line, &dash, 16);
        if (*dash == '-' && strstr(line, " rw") != NULL) {
            uintptr_t end = (uintptr_t)strtoull(dash + 1, NULL, 16);
            found += search_area((const char *)start, (const char *)end, tell);
        }
    }
    return found;
}

/* ---- A call ---- */

static bool read_roots(void *ctx, void *buf, size_t cap, size_t *got)
{
    return migtask_posix_reader_read(ctx, buf, cap, got) == 0;
}

static bool now(void *ctx, int64_t *epoch_s)
{
    *epoch_s = migtask_posix_epoch_s(ctx);
    return true;
}

static void run_call(void)
{
    migtask_trust_text text = {migtask_posix_reader_rewind, read_roots, &roots_file};
    migtask_posix_tcp_init(&tcp, &peer);
    migtask_tls_config config = {.lower = migtask_posix_tcp_stream(&tcp),
                                 .endpoint = request.endpoint,
                                 .trust = migtask_trust_from_pem(&roots, &text),
                                 .clock = now};
    if (!migtask_tls_init(&tls, &config)) {
        abort();
    }
    migtask_stream stream = migtask_tls_stream(&tls);
    migtask_call_begin(&call, &stream, &request, migtask_posix_now_ms(NULL));
    for (unsigned steps = 0; steps < steps_limit;) {
        uint32_t now_ms = migtask_posix_now_ms(NULL);
        migtask_step step = migtask_call_step(&call, now_ms);
        if (step == MIGTASK_STEP_DONE) {
            ended_by_itself = true;
            return;
        }
        if (step == MIGTASK_STEP_WAITING) { /* does not count: how often is left to chance */
            migtask_posix_tcp_wait(&tcp, migtask_call_time_left(&call, now_ms));
        } else {
            steps++;
        }
    }
    found_during += search(false);
    migtask_call_cancel(&call);
}

/* The same on a painted stack of its own. */
static void run_apart(void)
{
    ucontext_t here, there;
    memset(stack, 0xa5, sizeof stack);
    if (getcontext(&there) != 0) {
        abort();
    }
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = &here;
    makecontext(&there, run_call, 0);
    if (swapcontext(&here, &there) != 0) {
        abort();
    }
}

static size_t stack_used(void)
{
    size_t untouched = 0;
    while (untouched < sizeof stack && ((const unsigned char *)stack)[untouched] == 0xa5) {
        untouched++;
    }
    return sizeof stack - untouched;
}

static void make_token(void)
{
    uint64_t state = (uint64_t)time(NULL) * 2654435761u + 1;
    for (size_t i = 0; i < length; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        token[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[state >> 58];
    }
}

int main(int argc, char *argv[])
{
    char url[64];
    char address[64];
    if (argc < 6) {
        (void)fprintf(stderr, "usage: call PORT ROOTS TASK_ID LENGTH LEAST [unwiped]\n");
        return 2;
    }
    length = (size_t)strtoul(argv[4], NULL, 10);
    least = (size_t)strtoul(argv[5], NULL, 10);
    unwiped = argc > 6;
    if (length > sizeof token || least < 2 || least > length) {
        return 2;
    }
    (void)snprintf(url, sizeof url, "https://sms.example.test:%s", argv[1]);
    (void)snprintf(address, sizeof address, "127.0.0.1:%s", argv[1]);
    make_token();
    index_token();
    request.action.task_id = migtask_text(argv[3]);
    request.action.operation = MIGTASK_START;
    request.token = (migtask_view){token, length};
    request.timeout_ms = 1000;
    request.connect_timeout_ms = 1000;
    migtask_tls_process process = {arena, sizeof arena, migtask_posix_random, NULL};
    if (!migtask_endpoint_parse(migtask_text(url), &request.endpoint) ||
        !migtask_authority_parse(migtask_text(address), 443, &peer) ||
        migtask_posix_reader_open(&roots_file, argv[2]) != MIGTASK_POSIX_FILE_OK ||
        !migtask_tls_start(&process)) {
        (void)fprintf(stderr, "call: cannot begin\n");
        return 2;
    }
    size_t most_stack = 0;
    unsigned endings = 0;
    while (!ended_by_itself && steps_limit < STEPS_MAX) {
        steps_limit += 1 + steps_limit / 20; /* closely at first */
        endings++;
        run_apart();
        most_stack = stack_used() > most_stack ? stack_used() : most_stack;
        found_after += search(true);
    }
    migtask_posix_reader_close(&roots_file);
    printf("%u endings, the last %s; %zu bytes of stack; runs of the token: %zu during calls, %zu "
           "after\n",
           endings, migtask_outcome_name(migtask_call_outcome(&call)), most_stack, found_during,
           found_after);
    return found_during > 0 && (found_after > 0) == unwiped ? 0 : 1;
}
