/* The request: its text to the byte, every documented limit, endpoints. */
#include "support.h"

#include <arpa/inet.h>
#include <string.h>

/* --- the text --- */

static void expected_request(textbuf *out, const char *task_id, const char *host,
                             migtask_view token, const char *body)
{
    text_clear(out);
    text_format(out, "POST /v3/tasks/%s/action HTTP/1.1\r\n", task_id);
    text_put(out, "Host: ");
    text_put(out, host);
    text_put(out, "\r\n"
                  "Content-Type: application/json\r\n"
                  "Accept: application/json\r\n"
                  "Accept-Encoding: identity\r\n"
                  "User-Agent: migtask/" MIGTASK_VERSION "\r\n"
                  "Connection: close\r\n");
    text_format(out, "Content-Length: %zu\r\n", strlen(body));
    text_put(out, "X-Auth-Token: ");
    text_add(out, token.ptr, token.len);
    text_put(out, "\r\n\r\n");
    text_put(out, body);
}

/* The text that the call sends. */
static migtask_view sent_text(trip *t, size_t write_max)
{
    stream_plan plan = {
        .response = "HTTP/1.1 204 N\r\n\r\n", .response_len = 18, .write_max = write_max};
    trip_run(t, &plan);
    trip_expect(t, MIGTASK_ACCEPTED, MIGTASK_OK, 204);
    return (migtask_view){t->stream.request, t->stream.request_len};
}

static void preview_text(const migtask_request *request, size_t cap, textbuf *out)
{
    static guarded area;
    text_clear(out);
    for (size_t n = 1; n > 0 && out->len < 100000;) {
        char *buf = guarded_room(&area, cap);
        n = migtask_request_preview(request, out->len, buf, cap);
        CHECK(n <= cap);
        text_add(out, buf, n);
    }
}

static void compare(migtask_view got, const textbuf *wanted)
{
    if (!same(got, text_view(wanted))) {
        size_t at = 0;
        while (at < got.len && at < wanted->len && got.ptr[at] == wanted->ptr[at]) {
            at++;
        }
        deviation("differs at byte %zu of %zu (%zu wanted): \"%.30s\" instead of \"%.30s\"", at,
                  got.len, wanted->len, at < got.len ? got.ptr + at : "", wanted->ptr + at);
    }
}

/* Compares what is sent (in pieces of several sizes) and what is previewed with the text. */
static void check_request(trip *t, const char *task_id, const char *host, const char *body)
{
    static textbuf wanted, masked, preview;
    expected_request(&wanted, task_id, host, t->request.token, body);
    expected_request(&masked, task_id, host, VIEW("***"), body);
    compare(sent_text(t, 0), &wanted);
    compare(sent_text(t, 1), &wanted);
    compare(sent_text(t, 13), &wanted);
    static const size_t caps[] = {1, 7, 64, 100000};
    for (size_t i = 0; i < COUNT_OF(caps); i++) {
        preview_text(&t->request, caps[i], &preview);
        compare(text_view(&preview), &masked);
    }
}

static const char *const operations[MIGTASK_OPERATION_COUNT] = {
    "start",         "stop", "test",  "cutover",        "clone_test",         "restart",
    "network_check", "skip", "clear", "migration_test", "error_for_overspeed"};

static void test_every_action(void **state)
{
    (void)state;
    static const char *const templates[] = {NULL, "", "0a1b-tpl"};
    static textbuf body;
    static guarded template_id;
    trip t;
    for (int operation = 0; operation < MIGTASK_OPERATION_COUNT; operation++) {
        for (size_t options = 0; options < 4 * COUNT_OF(templates); options++) {
            const char *id = templates[options / 4];
            trip_init(&t);
            t.request.action.operation = (migtask_operation)operation;
            if (id != NULL) {
                t.request.action.template_id = guarded_copy(&template_id, migtask_text(id));
            }
            t.request.action.switch_hce = (options & 1) != 0;
            t.request.action.consistency_check = (options & 2) != 0;
            context("%s, options %zu", operations[operation], options);
            if (operation == MIGTASK_CLONE_TEST && (id == NULL || *id == '\0')) {
                CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_TEMPLATE_MISSING);
                CHECK(migtask_action_check(&t.request.action) == MIGTASK_CHECK_TEMPLATE_MISSING);
                continue;
            }
            CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_OK);
            text_clear(&body);
            text_format(&body, "{\"operation\":\"%s\"", operations[operation]);
            if (id != NULL) {
                text_format(&body, ",\"template_id\":\"%s\"", id);
            }
            text_put(&body, (options & 1) != 0 ? ",\"switch_hce\":true" : "");
            text_put(&body, (options & 2) != 0 ? ",\"is_need_consistency_check\":true" : "");
            text_put(&body, "}");
            check_request(&t, "8abda8635e09d185015e09d188dd0001", "sms.example.test", body.ptr);
        }
    }
    end_of_cases();
}

static void test_host_header(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
    } cases[] = {
        {"https://sms.example.test", "sms.example.test"},
        {"https://sms.example.test:443/", "sms.example.test"},
        {"https://sms.example.test:80", "sms.example.test:80"},
        {"https://sms.example.test:8443/", "sms.example.test:8443"},
        {"https://sms.example.test:65535", "sms.example.test:65535"},
        {"https://sms.example.test:1", "sms.example.test:1"},
        {"https://192.0.2.7", "192.0.2.7"},
        {"https://192.0.2.7:444", "192.0.2.7:444"},
        {"https://[::1]", "[::1]"},
        {"https://[2001:db8::7]:443", "[2001:db8::7]"},
        {"https://[2001:db8::7]:8443/", "[2001:db8::7]:8443"},
    };
    static guarded area;
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        context("%s", cases[i].url);
        trip_init(&t);
        migtask_view url = guarded_copy(&area, migtask_text(cases[i].url));
        CHECK(migtask_endpoint_parse(url, &t.request.endpoint));
        check_request(&t, "8abda8635e09d185015e09d188dd0001", cases[i].host,
                      "{\"operation\":\"start\"}");
    }
    end_of_cases();
}

/* --- limits --- */

static void test_task_id(void **state)
{
    (void)state;
    static const struct {
        migtask_view id;
        bool good;
    } cases[] = {
        {VIEW("a"), true},
        {VIEW("0"), true},
        {VIEW("Z-_9"), true},
        {VIEW("8abda8635e09d185015e09d188dd0001"), true},
        {VIEW("123e4567-e89b-12d3-a456-426614174000"), true},
        {VIEW("123e4567-e89b-12d3-a456-4266141740001"), false},
        {NONE, false},
        {VIEW(""), false},
        {VIEW("-a"), false},
        {VIEW("_a"), false},
        {VIEW("."), false},
        {VIEW(".."), false},
        {VIEW("a.b"), false},
        {VIEW("a/b"), false},
        {VIEW("a?b"), false},
        {VIEW("a#b"), false},
        {VIEW("a%2e"), false},
        {VIEW("a b"), false},
        {VIEW("a\r\nX: y"), false},
        {VIEW("a\0"), false},
        {VIEW("\xc3\xa9"), false},
        {VIEW("a\xff"), false},
    };
    static guarded area;
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        trip_init(&t);
        context("task id %zu", i);
        if (cases[i].id.ptr == NULL) {
            t.request.action.task_id = cases[i].id;
        } else {
            t.request.action.task_id = guarded_copy(&area, cases[i].id);
        }
        migtask_check check = cases[i].good ? MIGTASK_CHECK_OK : MIGTASK_CHECK_TASK_ID;
        CHECK(migtask_request_check(&t.request) == check);
        CHECK(migtask_action_check(&t.request.action) == check);
        if (cases[i].good) {
            char id[64] = {0};
            memcpy(id, cases[i].id.ptr, cases[i].id.len);
            check_request(&t, id, "sms.example.test", "{\"operation\":\"start\"}");
        }
    }
    /* Every byte, at the front and behind it. */
    for (int byte = 0; byte < 256; byte++) {
        char id[2] = {'a', (char)byte};
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= '0' && byte <= '9');
        context("byte %02x of a task id", (unsigned)byte);
        trip_init(&t);
        t.request.action.task_id = guarded_copy(&area, (migtask_view){id, 2});
        bool good = letter || byte == '-' || byte == '_';
        CHECK((migtask_request_check(&t.request) == MIGTASK_CHECK_OK) == good);
        t.request.action.task_id = guarded_copy(&area, (migtask_view){id + 1, 1});
        CHECK((migtask_request_check(&t.request) == MIGTASK_CHECK_OK) == letter);
    }
    end_of_cases();
}

static void test_token(void **state)
{
    (void)state;
    static textbuf token;
    static guarded area;
    static const struct {
        size_t len;
        bool good;
    } lengths[] = {{0, false},
                   {1, true},
                   {15, true},
                   {16, true},
                   {MIGTASK_TOKEN_MAX, true},
                   {MIGTASK_TOKEN_MAX + 1, false}};
    trip t;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        context("token of %zu", lengths[i].len);
        text_clear(&token);
        text_put(&token, "");
        for (size_t k = 0; k < lengths[i].len; k++) {
            char byte = (char)(0x21 + k * 7 % 94);
            text_add(&token, &byte, 1);
        }
        trip_init(&t);
        t.request.token = guarded_copy(&area, text_view(&token));
        migtask_check check = lengths[i].good ? MIGTASK_CHECK_OK : MIGTASK_CHECK_TOKEN;
        CHECK(migtask_request_check(&t.request) == check);
        CHECK(migtask_token_check(t.request.token) == check);
        if (lengths[i].good) {
            check_request(&t, "8abda8635e09d185015e09d188dd0001", "sms.example.test",
                          "{\"operation\":\"start\"}");
        }
    }
    CHECK(migtask_token_check(NONE) == MIGTASK_CHECK_TOKEN);
    for (int byte = 0; byte < 256; byte++) {
        char text[3] = {'a', (char)byte, 'a'};
        bool good = byte > 0x20 && byte < 0x7f;
        context("byte %02x of a token", (unsigned)byte);
        migtask_view v = guarded_copy(&area, (migtask_view){text, 3});
        CHECK((migtask_token_check(v) == MIGTASK_CHECK_OK) == good);
        v = guarded_copy(&area, (migtask_view){text, 2});
        CHECK((migtask_token_check(v) == MIGTASK_CHECK_OK) == good);
        v = guarded_copy(&area, (migtask_view){text + 1, 2});
        CHECK((migtask_token_check(v) == MIGTASK_CHECK_OK) == good);
    }
    /* Several bytes are looked at together: one bad byte is seen wherever it stands. */
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 24; at++) {
            char text[24];
            memset(text, 'x', sizeof text);
            text[at] = (char)byte;
            context("byte %02x at %zu of 24", byte, at);
            bool good = byte > 0x20 && byte < 0x7f;
            CHECK((migtask_token_check((migtask_view){text, sizeof text}) == MIGTASK_CHECK_OK) ==
                  good);
        }
    }
    end_of_cases();
}

static void test_timeouts(void **state)
{
    (void)state;
    static const struct {
        uint32_t total, connect;
        bool good;
    } cases[] = {
        {1, 1, true},           {1, 86400000, true},  {86400000, 1, true},  {0, 1, false},
        {1, 0, false},          {86400001, 1, false}, {1, 86400001, false}, {UINT32_MAX, 1, false},
        {1, UINT32_MAX, false}, {30000, 10000, true}, {10000, 30000, true},
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        trip_init(&t);
        t.request.timeout_ms = cases[i].total;
        t.request.connect_timeout_ms = cases[i].connect;
        context("time-outs %zu", i);
        CHECK(migtask_request_check(&t.request) ==
              (cases[i].good ? MIGTASK_CHECK_OK : MIGTASK_CHECK_TIMEOUT));
    }
    end_of_cases();
}

/* Sends this template id, finds it in the body, and reads it back. */
static void check_template(trip *t, migtask_view id)
{
    static const char head[] = "{\"operation\":\"clone_test\",\"template_id\":\"";
    static textbuf decoded;
    static guarded area;
    trip_init(t);
    t->request.action.operation = MIGTASK_CLONE_TEST;
    t->request.action.template_id = guarded_copy(&area, id);
    if (migtask_request_check(&t->request) != MIGTASK_CHECK_OK) {
        deviation("a good template id was refused");
        return;
    }
    for (size_t write_max = 0; write_max < 2; write_max++) {
        migtask_view sent = sent_text(t, write_max);
        CHECK(sent.len == t->stream.request_end); /* Content-Length is right */
        const char *body = strstr(sent.ptr, "\r\n\r\n") + 4;
        const char *end = sent.ptr + sent.len;
        size_t len = (size_t)(end - body);
        CHECK(len > sizeof(head) && memcmp(body, head, sizeof(head) - 1) == 0);
        CHECK(memcmp(end - 2, "\"}", 2) == 0);
        CHECK(valid_utf8((migtask_view){body, len}));
        body += sizeof(head) - 1;
        CHECK(json_unescape((migtask_view){body, (size_t)(end - 2 - body)}, &decoded));
        CHECK(same(text_view(&decoded), id));
    }
}

static void test_template_id(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        migtask_view id;
    } good[] = {
        {"plain", VIEW("b3f1a5a0-tpl")},
        {"quotes and backslashes", VIEW("\"\\\"\\\\\"")},
        {"an attempt to get out", VIEW("\",\"operation\":\"clear\",\"x\":\"")},
        {"control characters", VIEW("\x01\x02\x07\b\t\n\v\f\r\x1b\x1f\x7f")},
        {"NUL", VIEW("a\0b\0")},
        {"C1 and line separators", VIEW("\xc2\x80\xc2\x9f\xe2\x80\xa8\xe2\x80\xa9")},
        {"UTF-8",
         VIEW("\xc3\xa9 \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xef\xbf\xbf")},
        {"around the end of 16 bits", VIEW("\xef\xbf\xbf\xf0\x90\x80\x80\xf0\x90\x80\x81")},
        {"a slash and a space", VIEW(" / ")},
    };
    static const migtask_view bad[] = {
        VIEW("\xff"),         VIEW("a\x80"),
        VIEW("\xc3"),         VIEW("ab\xe2\x82"),
        VIEW("\xf0\x9f\x98"), VIEW("\xc0\x80"),
        VIEW("\xed\xa0\x80"), VIEW("\xf4\x90\x80\x80"),
        VIEW("\xe0\x80\x80"), VIEW("\xc3\xc3\xa9"),
        VIEW("\xc3\xc0"),     VIEW("\xbf\x80"),
        VIEW("\xe9t"),        VIEW("\xf8\x88\x80\x80\x80"),
    };
    static const char *const units[] = {"x",        "\"",           "\x01",
                                        "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    static textbuf id;
    static guarded area;
    trip t;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        context("template id, %s", good[i].name);
        check_template(&t, good[i].id);
    }
    context("only what must be is escaped in a template id");
    check_template(&t, VIEW("\xc3\xa9x\xc3\xa9"));
    CHECK(memmem(t.stream.request, t.stream.request_len, "\"\\u00e9x\\u00e9\"", 15) != NULL);
    for (int byte = 0; byte < 128; byte++) {
        char text[3] = {'a', (char)byte, 'b'};
        context("byte %02x in a template id", (unsigned)byte);
        check_template(&t, (migtask_view){text, 3});
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        context("bad template id %zu", i);
        trip_init(&t);
        t.request.action.template_id = guarded_copy(&area, bad[i]);
        CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_TEMPLATE_ID);
        CHECK(migtask_action_check(&t.request.action) == MIGTASK_CHECK_TEMPLATE_ID);
    }
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        context("255 characters of %zu bytes", strlen(units[i]));
        text_clear(&id);
        text_repeat(&id, units[i], 255);
        check_template(&t, text_view(&id));
        text_put(&id, units[i]);
        context("256 characters of %zu bytes", strlen(units[i]));
        t.request.action.template_id = guarded_copy(&area, text_view(&id));
        CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_TEMPLATE_ID);
    }
    end_of_cases();
}

#define L63 "a23456789012345678901234567890123456789012345678901234567890123"
#define HOST_253                                                                                   \
    L63 "." L63 "." L63 ".a234567890123456789012345678901234567890123456789012345678901"

static void test_operation_and_endpoint(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        migtask_view host;
        uint16_t port;
        migtask_host_kind kind;
    } bad[] = {
        {"no host", NONE, 443, MIGTASK_HOST_NAME},
        {"empty host", VIEW(""), 443, MIGTASK_HOST_NAME},
        {"port 0", VIEW("a.test"), 0, MIGTASK_HOST_NAME},
        {"line break", VIEW("a.test\r\nX: y"), 443, MIGTASK_HOST_NAME},
        {"a name too long", VIEW(HOST_253 "x"), 443, MIGTASK_HOST_NAME},
        {"a space", VIEW("a test"), 443, MIGTASK_HOST_NAME},
        {"a slash", VIEW("a.test/x"), 443, MIGTASK_HOST_NAME},
        {"NUL", VIEW("a.test\0"), 443, MIGTASK_HOST_NAME},
        {"line break in an address", VIEW("::1\r\nX: y"), 443, MIGTASK_HOST_IPV6},
        {"a bracket in an address", VIEW("::1]:1"), 443, MIGTASK_HOST_IPV6},
        {"a name as an IPv4 address", VIEW("1.2.3.4\r\n"), 443, MIGTASK_HOST_IPV4},
    };
    trip t;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        trip_init(&t);
        t.request.endpoint.host = bad[i].host;
        t.request.endpoint.port = bad[i].port;
        t.request.endpoint.kind = bad[i].kind;
        context("endpoint with %s", bad[i].name);
        CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_ENDPOINT);
    }
    context("operation out of range");
    trip_init(&t);
    t.request.action.operation = MIGTASK_OPERATION_COUNT;
    CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_OPERATION);
    t.request.action.operation = (migtask_operation)(MIGTASK_OPERATION_COUNT + 100);
    CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_OPERATION);
    CHECK(migtask_action_check(&t.request.action) == MIGTASK_CHECK_OPERATION);
    end_of_cases();
}

/* --- endpoints --- */

static void test_endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host; /* host NULL: not an endpoint */
        uint16_t port;
        migtask_host_kind kind;
    } cases[] = {
        {"https://sms.example.test", "sms.example.test", 443, MIGTASK_HOST_NAME},
        {"https://sms.example.test/", "sms.example.test", 443, MIGTASK_HOST_NAME},
        {"HTTPS://sms.example.test", "sms.example.test", 443, MIGTASK_HOST_NAME},
        {"hTtPs://A-b.Test:8443/", "A-b.Test", 8443, MIGTASK_HOST_NAME},
        {"https://localhost", "localhost", 443, MIGTASK_HOST_NAME},
        {"https://a", "a", 443, MIGTASK_HOST_NAME},
        {"https://AZ-az.test", "AZ-az.test", 443, MIGTASK_HOST_NAME},
        {"https://a:1", "a", 1, MIGTASK_HOST_NAME},
        {"https://a:65535/", "a", 65535, MIGTASK_HOST_NAME},
        {"https://3com.test", "3com.test", 443, MIGTASK_HOST_NAME},
        {"https://1.2.3.4.test", "1.2.3.4.test", 443, MIGTASK_HOST_NAME},
        {"https://a--b.c-d", "a--b.c-d", 443, MIGTASK_HOST_NAME},
        {"https://" HOST_253, HOST_253, 443, MIGTASK_HOST_NAME},
        {"https://" HOST_253 ":65535/", HOST_253, 65535, MIGTASK_HOST_NAME},
        {"https://sms.example.test.", "sms.example.test", 443, MIGTASK_HOST_NAME},
        {"https://sms.example.test.:444/", "sms.example.test", 444, MIGTASK_HOST_NAME},
        {"https://192.0.2.7", "192.0.2.7", 443, MIGTASK_HOST_IPV4},
        {"https://0.0.0.0", "0.0.0.0", 443, MIGTASK_HOST_IPV4},
        {"https://255.255.255.255:8443/", "255.255.255.255", 8443, MIGTASK_HOST_IPV4},
        {"https://[::1]", "::1", 443, MIGTASK_HOST_IPV6},
        {"https://[::]", "::", 443, MIGTASK_HOST_IPV6},
        {"https://[::1]/", "::1", 443, MIGTASK_HOST_IPV6},
        {"https://[::1]:8443", "::1", 8443, MIGTASK_HOST_IPV6},
        {"https://[2001:DB8::a]:1/", "2001:DB8::a", 1, MIGTASK_HOST_IPV6},
        {"https://[1:2:3:4:5:6:7:8]", "1:2:3:4:5:6:7:8", 443, MIGTASK_HOST_IPV6},
        {"https://[1:2:3:4:5:6:7::]", "1:2:3:4:5:6:7::", 443, MIGTASK_HOST_IPV6},
        {"https://[::2:3:4:5:6:7:8]", "::2:3:4:5:6:7:8", 443, MIGTASK_HOST_IPV6},
        {"https://[1::8]", "1::8", 443, MIGTASK_HOST_IPV6},
        {"https://[0001:ffff::FFFF]", "0001:ffff::FFFF", 443, MIGTASK_HOST_IPV6},
        {"https://[::ffff:192.0.2.7]", "::ffff:192.0.2.7", 443, MIGTASK_HOST_IPV6},
        {"https://[1:2:3:4:5:6:1.2.3.4]", "1:2:3:4:5:6:1.2.3.4", 443, MIGTASK_HOST_IPV6},
        {"https://[64:ff9b::1.2.3.4]", "64:ff9b::1.2.3.4", 443, MIGTASK_HOST_IPV6},
        {"https://[fe80::1%eth0]", "fe80::1", 443, MIGTASK_HOST_IPV6},
        {"https://[FE80::%25br-lan.2_x~]:8443/", "FE80::", 8443, MIGTASK_HOST_IPV6},
        {"", NULL, 0, 0},
        {"https", NULL, 0, 0},
        {"https:", NULL, 0, 0},
        {"https:/", NULL, 0, 0},
        {"https://", NULL, 0, 0},
        {"https:///", NULL, 0, 0},
        {"https://:443", NULL, 0, 0},
        {"https://.", NULL, 0, 0},
        {"https://..", NULL, 0, 0},
        {"https://.a", NULL, 0, 0},
        {"https://a..b", NULL, 0, 0},
        {"https://a..", NULL, 0, 0},
        {"http://a", NULL, 0, 0},
        {"xttps://a", NULL, 0, 0},
        {"httpss://a", NULL, 0, 0},
        {"ftp://a", NULL, 0, 0},
        {"//a", NULL, 0, 0},
        {"a", NULL, 0, 0},
        {"sms.example.test:443", NULL, 0, 0},
        {"https:a", NULL, 0, 0},
        {"https:\\\\a", NULL, 0, 0},
        {" https://a", NULL, 0, 0},
        {"https://a ", NULL, 0, 0},
        {"https:// a", NULL, 0, 0},
        {"https://a b", NULL, 0, 0},
        {"https://a\n", NULL, 0, 0},
        {"https://a//", NULL, 0, 0},
        {"https://a/v3", NULL, 0, 0},
        {"https://a?", NULL, 0, 0},
        {"https://a/?x", NULL, 0, 0},
        {"https://a#b", NULL, 0, 0},
        {"https://user@a", NULL, 0, 0},
        {"https://user:secret@a", NULL, 0, 0},
        {"https://a@b:443", NULL, 0, 0},
        {"https://a_b", NULL, 0, 0},
        {"https://a%2eb", NULL, 0, 0},
        {"https://\xc3\xa9.test", NULL, 0, 0},
        {"https://a*b", NULL, 0, 0},
        {"https://a:", NULL, 0, 0},
        {"https://a:/", NULL, 0, 0},
        {"https://a:0", NULL, 0, 0},
        {"https://a:00", NULL, 0, 0},
        {"https://a:65536", NULL, 0, 0},
        {"https://a:66000", NULL, 0, 0},
        {"https://a:65979", NULL, 0, 0},
        {"https://a:4294967739", NULL, 0, 0},
        {"https://a:18446744073709552059", NULL, 0, 0},
        {"https://a:-1", NULL, 0, 0},
        {"https://a:+443", NULL, 0, 0},
        {"https://a: 443", NULL, 0, 0},
        {"https://a:443 ", NULL, 0, 0},
        {"https://a:44x", NULL, 0, 0},
        {"https://a:0x1bb", NULL, 0, 0},
        {"https://a:443:443", NULL, 0, 0},
        {"https://" HOST_253 "x", NULL, 0, 0},
        {"https://256.1.1.1", NULL, 0, 0},
        {"https://1.2.3", NULL, 0, 0},
        {"https://1.2.3.", NULL, 0, 0},
        {"https://1234.2.3.4", NULL, 0, 0},
        {"https://1.2.3.0004", NULL, 0, 0},
        {"https://1a.2.3.4", NULL, 0, 0},
        {"https://a{b", NULL, 0, 0},
        {"https://a[b", NULL, 0, 0},
        {"https://a@b", NULL, 0, 0},
        {"https://a`b", NULL, 0, 0},
        {"https://a\rb", NULL, 0, 0}, /* what follows has a bit that letters have not */
        {"https\x1a//a", NULL, 0, 0},
        {"https://[\x11::1]", NULL, 0, 0},
        {"https://" L63 "x", NULL, 0, 0},
        {"https://a." L63 "x.test", NULL, 0, 0},
        {"https://1.2.3.4.5", NULL, 0, 0},
        {"https://1", NULL, 0, 0},
        {"https://01.2.3.4", NULL, 0, 0},
        {"https://[]", NULL, 0, 0},
        {"https://[::1", NULL, 0, 0},
        {"https://::1", NULL, 0, 0},
        {"https://::1]", NULL, 0, 0},
        {"https://[[::1]]", NULL, 0, 0},
        {"https://[::1]x", NULL, 0, 0},
        {"https://[::1]:", NULL, 0, 0},
        {"https://[::1]8443", NULL, 0, 0},
        {"https://[:::]", NULL, 0, 0},
        {"https://[:]", NULL, 0, 0},
        {"https://[1]", NULL, 0, 0},
        {"https://[1:2:3:4:5:6:7]", NULL, 0, 0},
        {"https://[1:2:3:4:5:6:7:8:9]", NULL, 0, 0},
        {"https://[1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9]", NULL, 0, 0},
        {"https://[1-2:3:4:5:6:7:8]", NULL, 0, 0},
        {"https://[1:2:3:4:5:6:7g8]", NULL, 0, 0},
        {"https://[1:2:3:4:5:6:7:]", NULL, 0, 0},
        {"https://[:1:2:3:4:5:6:7]", NULL, 0, 0},
        {"https://[1:2:3:4:5:6:7::8]", NULL, 0, 0},
        {"https://[::1:2:3:4:5:6:7:8]", NULL, 0, 0},
        {"https://[1::2::3]", NULL, 0, 0},
        {"https://[12345::]", NULL, 0, 0},
        {"https://[g::]", NULL, 0, 0},
        {"https://[fe80::1%]", NULL, 0, 0},
        {"https://[fe80::1%eth/0]", NULL, 0, 0},
        {"https://[%eth0]", NULL, 0, 0},
        {"https://[fe80::1%a23456789012345678901234567890123]", NULL, 0, 0},
        {"https://[1.2.3.4]", NULL, 0, 0},
        {"https://[a.test]", NULL, 0, 0},
        {"https://[::1.2.3]", NULL, 0, 0},
        {"https://[::1.2.3.256]", NULL, 0, 0},
        {"https://[::1.2.3.4:5]", NULL, 0, 0},
        {"https://[1:2:3:4:5:6:7:1.2.3.4]", NULL, 0, 0},
        {"https://[::-1]", NULL, 0, 0},
        {"https://[v1.a]", NULL, 0, 0},
        {"https://[::1 ]", NULL, 0, 0},
    };
    static const char with_nul[] = "https://[fe80::1%a\0b]";
    static guarded area, room;
    trip t;
    migtask_endpoint none;
    assert_true(sizeof(HOST_253) - 1 == MIGTASK_HOST_MAX);
    assert_false(migtask_endpoint_parse((migtask_view){with_nul, sizeof with_nul - 1}, &none));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        migtask_endpoint e;
        memset(&e, 0x55, sizeof(e));
        migtask_view url = guarded_copy(&area, migtask_text(cases[i].url));
        context("%.60s", cases[i].url);
        bool good = migtask_endpoint_parse(url, &e);
        void *flush = guarded_room(&room, sizeof e);
        CHECK(migtask_endpoint_parse(url, flush) == good);
        if (good != (cases[i].host != NULL)) {
            deviation(good ? "taken" : "refused");
            continue;
        }
        size_t scheme = strlen("https://");
        if (url.len > scheme && (cases[i].url[4] == 's' || cases[i].url[4] == 'S') && good) {
            migtask_endpoint a;
            migtask_view authority = {url.ptr + scheme, url.len - scheme};
            authority.len -= authority.ptr[authority.len - 1] == '/' ? 1 : 0;
            CHECK(migtask_authority_parse(authority, 443, &a));
            CHECK(same(a.host, e.host) && a.port == e.port && a.kind == e.kind);
        }
        if (!good) {
            continue;
        }
        CHECK(same_string(e.host, cases[i].host));
        CHECK(e.port == cases[i].port);
        CHECK(e.kind == cases[i].kind);
        /* What follows it: the dot of a name, the zone of an address. */
        const char *rest = strstr(cases[i].url, cases[i].host) + strlen(cases[i].host);
        CHECK(e.more == strcspn(rest, e.kind == MIGTASK_HOST_IPV6 ? "]" : ":/"));
        unsigned char address[16];
        if (e.kind != MIGTASK_HOST_NAME) {
            bool v4 = e.kind == MIGTASK_HOST_IPV4;
            CHECK(inet_pton(v4 ? AF_INET : AF_INET6, cases[i].host, address) == 1);
            CHECK(memcmp(e.address, address, v4 ? 4 : 16) == 0);
        }
        trip_init(&t);
        t.request.endpoint = e;
        CHECK(migtask_request_check(&t.request) == MIGTASK_CHECK_OK);
    }
    end_of_cases();
}

static void test_authorities(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t default_port;
        const char *host;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1", 8443, "127.0.0.1", 8443},
        {"127.0.0.1:9", 8443, "127.0.0.1", 9},
        {"[::1]", 443, "::1", 443},
        {"[::1]:9", 443, "::1", 9},
        {"host.test", 1, "host.test", 1},
        {"host.test:65535", 1, "host.test", 65535},
        {"https://host.test", 1, NULL, 0},
        {"host.test/", 1, NULL, 0},
        {"", 1, NULL, 0},
        {":443", 1, NULL, 0},
        {"host.test:", 1, NULL, 0},
        {"host.test:0", 1, NULL, 0},
        {"host.test:70000", 1, NULL, 0},
        {"::1", 1, NULL, 0},
        {"a b", 1, NULL, 0},
        {"a@b", 1, NULL, 0},
    };
    static guarded area;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        migtask_endpoint e;
        context("authority %s", cases[i].text);
        migtask_view text = guarded_copy(&area, migtask_text(cases[i].text));
        bool good = migtask_authority_parse(text, cases[i].default_port, &e);
        CHECK(good == (cases[i].host != NULL));
        if (good && cases[i].host != NULL) {
            CHECK(same_string(e.host, cases[i].host) && e.port == cases[i].port);
        }
    }
    CHECK(!migtask_endpoint_parse(NONE, &(migtask_endpoint){.port = 1}));
    CHECK(!migtask_authority_parse(NONE, 443, &(migtask_endpoint){.port = 1}));
    end_of_cases();
}

static void test_regions(void **state)
{
    (void)state;
    static const struct {
        const char *name, *host;
    } known[] = {
        {"cn-north-4", "sms.cn-north-4.myhuaweicloud.com"},
        {"ap-southeast-1", "sms.ap-southeast-1.myhuaweicloud.com"},
        {"ap-southeast-3", "sms.ap-southeast-3.myhuaweicloud.com"},
        {"my-kualalumpur-1", "sms.my-kualalumpur-1.myhuaweicloud.com"},
        {"ru-moscow-1", "sms-api.ru-moscow-1.myhuaweicloud.com"},
    };
    static const char *const unknown[] = {"",       "cn-north-",   "cn-north-44", "CN-NORTH-4",
                                          "mars-1", "cn-north-4 ", "cn"};
    static guarded area;
    migtask_endpoint e;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        context("region %s", known[i].name);
        CHECK(migtask_region_endpoint(guarded_copy(&area, migtask_text(known[i].name)), &e));
        CHECK(same_string(e.host, known[i].host) && e.port == 443 && e.kind == MIGTASK_HOST_NAME);
    }
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        context("region %s", unknown[i]);
        CHECK(!migtask_region_endpoint(guarded_copy(&area, migtask_text(unknown[i])), &e));
    }
    CHECK(!migtask_region_endpoint(NONE, &e));
    size_t count = 0;
    for (const migtask_region *region = migtask_regions; region->name != NULL; region++, count++) {
        context("region %s of the table", region->name);
        CHECK(migtask_region_endpoint(migtask_text(region->name), &e));
        CHECK(same_string(e.host, region->host));
    }
    CHECK(count == COUNT_OF(known));
    end_of_cases();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_action),
        cmocka_unit_test(test_host_header),
        cmocka_unit_test(test_task_id),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_template_id),
        cmocka_unit_test(test_operation_and_endpoint),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_regions),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
