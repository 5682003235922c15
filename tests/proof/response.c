/* The HTTP response reader: any state that keeps the invariant, any input. */
#include "http_response.c"

#include "response_ok.h"

#ifndef SPAN
#define SPAN 2 /* longest input */
#endif

void prove_response_init(void)
{
    struct migtask_http http = {0};
    migtask_http_init(&http);
    prove(response_ok(&http));
    prove(http.interim_left == MIGTASK_INTERIM_MAX && http.line_left == MIGTASK_HEADER_MAX);
}

/* What an event promises to core/call.c. */
static void prove_event(const struct migtask_http *before, const struct migtask_http *http,
                        enum migtask_http_event event, migtask_view body)
{
    switch (event) {
    case MIGTASK_READ_VALUE:
    case MIGTASK_READ_FIELD:
        prove(http->field >= MIGTASK_FIELD_X_REQUEST_ID && http->field <= MIGTASK_FIELD_DATE);
        prove(http->value_len <= MIGTASK_HTTP_PIECE);
        prove(http->status >= 200 && !is_past_header(before));
        break;
    case MIGTASK_READ_HEADER: /* once, since nothing leads back */
        prove(!is_past_header(before) && is_past_header(http));
        prove(http->status >= 200 && http->status <= 599);
        prove(implies(http->status == 204 || http->status == 304, http->state == DONE));
        break;
    case MIGTASK_READ_BODY:
        prove(is_past_header(before) && body.len > 0);
        break;
    case MIGTASK_READ_DONE: /* never before the final header section is complete */
        prove(http->state == DONE && is_past_header(before));
        break;
    case MIGTASK_READ_MALFORMED:
        prove(http->state == MALFORMED);
        break;
    case MIGTASK_READ_TOO_LARGE:
        prove(http->state == TOO_LARGE);
        break;
    case MIGTASK_READ_MORE:
        prove(!is_over(http->state));
        break;
    }
}

#if MIGTASK_KEEP_OPEN
/* Whether the connection persists: RFC 9112 section 9.3, and any doubt is a no. */
static void prove_closing(const struct migtask_http *before, const struct migtask_http *http,
                          const char *input, size_t len)
{
    if (is_over(before->state)) {
        prove(http->closing == before->closing && http->minor_0 == before->minor_0);
    }
    /* A no stays so until the next message begins, which only an interim answer leaves room for. */
    bool restarted = before->status < 200 && (http->state == STATUS || http->state == MALFORMED ||
                                              http->state == TOO_LARGE);
    prove(implies(before->closing, http->closing || restarted));
    bool line = len > 0 && before->line_left > 0; /* a byte of it is taken */
    /* It comes from a Connection header, at its end or where it is longer than a piece, or from a
     * body that is announced and cannot be. */
    bool connection = before->field == MIGTASK_FIELD_CONNECTION && is_in_value(before->state);
    bool bodiless = (before->state == NAME_START || before->state == SECTION_LF) &&
                    !before->in_trailer && (before->status == 204 || before->status == 304);
    bool announced = before->chunked || before->left > 0;
    prove(implies(http->closing && !before->closing, connection || (bodiless && announced)));
    if (bodiless && announced && line && http->state == DONE) {
        prove(http->closing);
    }
    if (connection && before->state == VALUE_LF && line && input[0] == '\n') {
        bool keep_alive = before->value_len == 10 && memcmp(before->value, "keep-alive", 10) == 0;
        prove(http->closing == (before->closing || !keep_alive));
    }
    /* What is longer than the room for it counts as a no as soon as that is full. */
    prove(implies(connection && before->value_len < FULL && http->state == VALUE &&
                      http->value_len >= FULL,
                  http->closing));
    if (before->state == STATUS && before->position == 7 && line) {
        prove(http->minor_0 == (input[0] == '0'));
    }
    prove(migtask_http_persists(http) ==
          (!http->minor_0 && !http->closing && http->interim_left == MIGTASK_INTERIM_MAX));
}
#endif

void prove_response_step(void)
{
    struct migtask_http http = any_response();
    char input[SPAN];
    size_t len = any_upto(SPAN);
    const char *at = input;
    const char *end = input + len;
    migtask_view body = {NULL, 0};
    const struct migtask_http before = http;

    enum migtask_http_event event = migtask_http_read(&http, &at, end, &body);

    prove(response_ok(&http));
    prove(at >= input && at <= end);
    prove(implies(event == MIGTASK_READ_MORE, at == end));
    prove(implies(event > MIGTASK_READ_MORE && event<MIGTASK_READ_DONE, at> input));
    prove(implies(event == MIGTASK_READ_BODY, body.ptr >= input && body.ptr + body.len == at));
    prove_event(&before, &http, event, body);
    /* What is over stays so, and is said again. */
    prove(implies(is_over(before.state), http.state == before.state && at == input));
    /* A complete message is one that its framing ends. */
    prove(implies(is_past_header(&before), is_past_header(&http) || is_over(http.state)));
    /* Exactly the announced bytes are the body. */
    if (before.state == BODY_LENGTH && event == MIGTASK_READ_BODY) {
        prove(http.left == before.left - body.len);
        prove((http.state == DONE) == (http.left == 0));
    }
    /* A message is complete only where its own framing ends it. */
    prove(implies(http.state == DONE && before.state != DONE,
                  http.has_length || http.chunked || http.status == 204 || http.status == 304));
#if MIGTASK_KEEP_OPEN
    prove_closing(&before, &http, input, len);
#endif
    /* The end of the connection ends only a message that nothing else frames. */
    prove(implies(migtask_http_complete_at_end(&http),
                  is_past_header(&http) && !http.has_length && !http.chunked));
}

/* No header of an answer to a CONNECT says how the message goes on. */
void prove_response_connect(void)
{
    struct migtask_http http = any_response();
    char input[SPAN];
    const char *at = input;
    migtask_view body = {NULL, 0};
    assume(http.status >= 200 && !http.has_length && !http.chunked);
    assume(implies(is_in_value(http.state), http.field >= MIGTASK_FIELD_DATE));

    enum migtask_http_event event = migtask_http_read(&http, &at, input + any_upto(SPAN), &body);

    prove(response_ok(&http) && !http.has_length && !http.chunked);
    prove(implies(is_in_value(http.state), http.field >= MIGTASK_FIELD_DATE));
    prove(implies(event == MIGTASK_READ_VALUE || event == MIGTASK_READ_FIELD,
                  http.field == MIGTASK_FIELD_DATE));
}

/* What is taken at once keeps to the line's limit and is what single bytes would have been: all but
 * the first byte of it stays in the state. */
void prove_response_span(void)
{
    struct migtask_http http = any_response();
    char input[SPAN];
    size_t len = any_upto(SPAN);
    assume(http.state < STATUS);
    const struct migtask_http before = http;
    size_t took = take_span(&http, input, len);
    size_t i = any_size();
    prove(took <= len && took <= before.line_left);
    prove(response_ok(&http) && http.state == before.state && http.line_left == before.line_left);
    prove(implies(i < took, moves[http.state][classify(input[i])] == http.state));
}

/* The value of a digit, else -1. */
static int digit_of(char c, unsigned base)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
        return (c | 0x20) - 'a' + 10;
    }
    return -1;
}

/* A length is the number that its digits say, or the message is malformed. */
void prove_response_number(void)
{
    struct migtask_http http = any_response();
    char c = any_char();
    unsigned base = any_bool() ? 10 : 16;
    assume(http.state != MALFORMED);
    int digit = digit_of(c, base);
    __uint128_t wanted = (__uint128_t)http.left * base + (unsigned)(digit >= 0 ? digit : 0);
    add_digit(&http, c, base);
    prove((http.state == MALFORMED) == (digit < 0 || wanted > UINT64_MAX));
    prove(implies(http.state != MALFORMED, http.left == wanted));
}
