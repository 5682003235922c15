/*
 * The text of the request, for every request and every window of it.
 *
 * The formatter gets a writer that is not there: it may hand it on, but not look into it, so what
 * it writes depends on the request alone and is the same in each pass. Where it hands it on, to the
 * functions of the writer, two passes go on at once by what writer.c and escape.c prove of them:
 * one that counts, and one with any window.
 */
#include "request.c"

#include "action.c"

#include "proof.h"
#include "writer_ok.h"

#define NOWHERE ((struct migtask_writer *)NULL)
#define TEXT_MAX ((size_t)32768) /* no request is longer */
#define CHARACTER_MAX 4          /* bytes of UTF-8 */

static char task_id[MIGTASK_TASK_ID_MAX];
static char host[MIGTASK_HOST_MAX];
static char template_id[MIGTASK_TEMPLATE_ID_MAX * CHARACTER_MAX];
static char token[MIGTASK_TOKEN_MAX];
static char buf[1]; /* nothing is written to it here */

static migtask_request request;
static size_t template_len; /* what migtask_put_ascii() makes of the template id */

static const char operation[1]; /* stands for any name, see prove_request_operation() */
static size_t operation_len;

/* Its total is that of any pass: window or not, a piece adds its length. */
static struct migtask_writer window;

/* What was handed over besides pieces that are the formatter's own. */
static struct {
    unsigned task_ids, hosts, templates, operations, tokens, numbers;
    unsigned line_end; /* bytes of a blank line that came last */
    unsigned blanks;   /* lines, which end the head */
    size_t body_len;   /* bytes behind it */
    uint32_t number;   /* the last */
} seen;

/* ---- the writer ---- */

/* Lengths are made of 16 bits, which are enough here, since that is far quicker. */
static void put_to_window(size_t len)
{
    const struct migtask_writer old = window;
    window.total = old.total + len;
    window.len = any_uint16();
    window.full = any_bool();
    assume(put_after(&old, &window, len));
}

static void add(struct migtask_writer *w, size_t len)
{
    if (w != NOWHERE) {
        prove(w->buf == NULL && !w->full && w->total <= TEXT_MAX);
        w->total += len;
        return;
    }
    prove(window.total <= TEXT_MAX - len);
    if (seen.blanks > 0) {
        seen.body_len += len;
    }
    put_to_window(len);
}

void migtask_put(struct migtask_writer *w, const char *ptr, size_t len)
{
    prove(len <= TEXT_MAX && __CPROVER_r_ok(ptr, len));
    /* What a caller gave is there whole, or not at all. */
    if (__CPROVER_same_object(ptr, task_id)) {
        prove(ptr == task_id && len == request.action.task_id.len && seen.blanks == 0);
        seen.task_ids++;
    }
    if (__CPROVER_same_object(ptr, host)) {
        prove(ptr == host && len == request.endpoint.host.len && seen.blanks == 0);
        seen.hosts++;
    }
    prove(!__CPROVER_same_object(ptr, token) && !__CPROVER_same_object(ptr, template_id));
    seen.line_end = w == NOWHERE && len > 0 ? 0 : seen.line_end;
    add(w, len);
}

/* The formatter's own texts: only these hold line ends, each of both bytes. */
void migtask_put_string(struct migtask_writer *w, const char *string)
{
    if (string == operation) {
        seen.operations += w == NOWHERE;
        add(w, operation_len);
        return;
    }
    unsigned line_end = seen.line_end;
    migtask_put(w, string, strlen(string));
    for (; w == NOWHERE && *string != '\0'; string++) {
        prove((*string == '\n') == (line_end % 2 == 1));
        line_end = *string == "\r\n\r\n"[line_end] ? line_end + 1 : 0;
        if (line_end == 4) {
            prove(string[1] == '\0'); /* what comes behind it counts as body */
            seen.blanks++;
            line_end = 0;
        }
    }
    seen.line_end = line_end;
}

const char *migtask_operation_name_contract(migtask_operation wanted)
{
    prove(wanted == request.action.operation);
    return operation;
}

void migtask_put_number(struct migtask_writer *w, uint32_t number)
{
    size_t len = 1;
    for (uint32_t limit = 10; len < 10 && number >= limit; len++) {
        limit = len < 9 ? limit * 10 : limit;
    }
    prove(w == NOWHERE);
    seen.number = number;
    seen.numbers++;
    add(w, len);
}

void migtask_put_ascii(struct migtask_writer *w, migtask_view text)
{
    prove(text.ptr == template_id && text.len == request.action.template_id.len);
    seen.templates += w == NOWHERE;
    add(w, template_len);
}

void migtask_put_ref(struct migtask_writer *w, migtask_view piece)
{
    prove(w == NOWHERE && piece.ptr == token && piece.len == request.token.len);
    prove(seen.blanks == 0);
    seen.tokens++;
    const struct migtask_writer old = window;
    prove(old.total <= TEXT_MAX - piece.len);
    window.total = old.total + piece.len;
    window.full = any_bool();
    if (any_bool()) {
        window.by_ref.len = any_uint16();
        assume(window.by_ref.len <= piece.len);
        window.by_ref.ptr = token + (piece.len - window.by_ref.len);
    }
    assume(put_ref_after(&old, &window, piece));
}

/* ---- any request that the check lets through, see prove_request_check() ---- */

static size_t any_len(size_t most)
{
    size_t len = any_uint16();
    assume(len <= most);
    return len;
}

static void any_request(void)
{
    migtask_action *action = &request.action;
    action->task_id.ptr = task_id;
    action->task_id.len = 1 + any_len(sizeof task_id - 1);
    action->operation = (migtask_operation)any_len(MIGTASK_OPERATION_COUNT - 1);
    action->template_id.ptr = any_bool() ? template_id : NULL;
    action->template_id.len = any_len(sizeof template_id);
    action->switch_hce = any_bool();
    action->consistency_check = any_bool();
    request.endpoint.kind = (migtask_host_kind)any_len(MIGTASK_HOST_IPV6);
    request.endpoint.host.ptr = host;
    request.endpoint.host.len = 1 + any_len(sizeof host - 1);
    request.endpoint.port = any_uint16();
    request.token.ptr = token;
    request.token.len = 1 + any_len(sizeof token - 1);
    template_len = any_len(6 * sizeof template_id);
    operation_len = 1 + any_len(31);
    window.buf = buf;
    window.cap = any_uint16();
    window.skip = any_uint16();
    assume(window.cap > 0);
}

void prove_request_write(void)
{
    any_request();
    migtask_request_write(NOWHERE, &request, request.token);
    /* A window of what is left is never empty, never longer than that, and of the token it has the
     * token's own bytes. */
    if (window.skip < window.total) {
        size_t len = window.by_ref.ptr != NULL ? window.by_ref.len : window.len;
        prove(len > 0 && len <= window.total - window.skip);
        prove(window.len <= window.cap);
        prove(implies(window.by_ref.ptr != NULL,
                      window.len == 0 && window.by_ref.ptr >= token &&
                          window.by_ref.ptr + len == token + request.token.len));
    }
    /* All that was given stands there once, the token before the blank line that ends the head, and
     * Content-Length is what stands behind it. */
    prove(seen.task_ids == 1 && seen.hosts == 1 && seen.tokens == 1 && seen.blanks == 1);
    prove(seen.templates == (request.action.template_id.ptr != NULL));
    prove(seen.operations == 1);
    prove(seen.numbers == (request.endpoint.port != 443 ? 2 : 1));
    prove(seen.number == seen.body_len);
}
