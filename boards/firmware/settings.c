#include "settings.h"

#include <string.h>

#include "board.h"

static bool text_is(migtask_view text, const char *wanted)
{
    return text.len == strlen(wanted) && memcmp(text.ptr, wanted, text.len) == 0;
}

/* A decimal number in this range; false if it is none. */
static bool read_number(migtask_view text, int64_t min, int64_t max, int64_t *number)
{
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (text.ptr[i] - '0');
        if (value > max) {
            return false;
        }
    }
    *number = value;
    return text.len > 0 && value >= min;
}

static bool flag(const char *name)
{
    migtask_view text;
    return board_parameter(name, &text) && text_is(text, "1");
}

static bool address(migtask_view text, ip4_addr_t *address)
{
    migtask_endpoint endpoint;
    if (!migtask_authority_parse(text, 1, &endpoint) || endpoint.kind != MIGTASK_HOST_IPV4) {
        return false;
    }
    memcpy(&address->addr, endpoint.address, sizeof address->addr);
    return true;
}

/* The functions below return the name of the first parameter that is wrong, NULL if none is. */

static const char *read_numbers(struct settings *s)
{
    static const struct {
        const char *name;
        int64_t min, max, standard;
    } numbers[] = {
        {"timeout", 1, MIGTASK_TIMEOUT_MAX_MS / 1000, 30},
        {"connect-timeout", 1, MIGTASK_TIMEOUT_MAX_MS / 1000, 10},
        {"retries", 0, 100, 2},
        {"calls", 1, UINT16_MAX, 1},
        {"time", 1, INT64_C(253402300799), MIGTASK_NO_DATE},
    };
    int64_t values[sizeof numbers / sizeof numbers[0]];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        migtask_view text;
        values[i] = numbers[i].standard;
        if (board_parameter(numbers[i].name, &text) &&
            !read_number(text, numbers[i].min, numbers[i].max, &values[i])) {
            return numbers[i].name;
        }
    }
    s->request.timeout_ms = (uint32_t)values[0] * 1000;
    s->request.connect_timeout_ms = (uint32_t)values[1] * 1000;
    s->retries = (uint16_t)values[2];
    s->calls = (uint16_t)values[3];
    s->epoch_s = values[4];
    return NULL;
}

static const char *read_network(struct settings *s)
{
    struct network_settings *network = &s->network;
    const struct {
        const char *name;
        ip4_addr_t *address;
    } addresses[] = {
        {"address", &network->address},
        {"netmask", &network->netmask},
        {"gateway", &network->gateway},
        {"dns", &network->dns},
    };
    migtask_view text;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        bool given = board_parameter(addresses[i].name, &text);
        bool needed =
            network->fixed && i < 3; /* an address is of no use without mask and gateway */
        if (given ? !address(text, addresses[i].address) : needed) {
            return addresses[i].name;
        }
        network->fixed = network->fixed || (given && i == 0);
        network->has_dns = given && i == 3;
    }
    return NULL;
}

static const char *read_request(struct settings *s)
{
    migtask_request *request = &s->request;
    migtask_view text;
    if (!migtask_operation_find(s->operation, &request->action.operation)) {
        return "operation";
    }
    if (!board_parameter("endpoint", &text) || !migtask_endpoint_parse(text, &request->endpoint)) {
        return "endpoint";
    }
    s->connect_to = request->endpoint;
    if (board_parameter("connect-to", &text) &&
        !migtask_authority_parse(text, request->endpoint.port, &s->connect_to)) {
        return "connect-to";
    }
    (void)board_parameter("token", &request->token);
    request->action.task_id = s->task_id;
    (void)board_parameter("template-id", &request->action.template_id);
    request->action.switch_hce = flag("switch-hce");
    request->action.consistency_check = flag("consistency-check");
    switch (migtask_request_check(request)) {
    case MIGTASK_CHECK_OK:
        return NULL;
    case MIGTASK_CHECK_TASK_ID:
        return "task";
    case MIGTASK_CHECK_TOKEN:
        return "token";
    case MIGTASK_CHECK_TIMEOUT:
        return "timeout";
    default:
        return "template-id";
    }
}

const char *settings_read(struct settings *s)
{
    migtask_view report;
    memset(s, 0, sizeof *s);
    (void)board_parameter("operation", &s->operation);
    (void)board_parameter("task", &s->task_id);
    (void)board_parameter("sntp", &s->sntp);
    s->report_memory = board_parameter("report", &report) && text_is(report, "memory");
    if (s->sntp.len > SETTINGS_SNTP_MAX) {
        return "sntp";
    }
    const char *wrong = read_numbers(s);
    if (wrong == NULL) {
        wrong = read_network(s);
    }
    return wrong != NULL ? wrong : read_request(s);
}
