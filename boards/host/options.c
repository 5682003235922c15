#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <string.h>

#include "environment.h"
#include "foreign.h"
#include "nearest.h"
#include "proxy_url.h"
#include "tasks.h"

#define DEFAULT_TIMEOUT_MS 30000u
#define DEFAULT_CONNECT_TIMEOUT_MS 10000u
#define DEFAULT_RETRIES 2
#define MAX_RETRIES 100
/* Tokens that end in the middle of a run are refused so many times at most: less than the five
 * after which the service locks the account's key. */

enum option {
    OPTION_ENDPOINT,
    OPTION_REGION,
    OPTION_TOKEN_FILE,
    OPTION_TEMPLATE_ID,
    OPTION_CA_FILE,
    OPTION_CONNECT_TO,
    OPTION_PROXY,
    OPTION_TIMEOUT,
    OPTION_CONNECT_TIMEOUT,
    OPTION_RETRIES,
    OPTION_TASKS,
    OPTION_PARALLEL,
    OPTION_WITH_VALUE, /* the ones above take a value */
    OPTION_SWITCH_HCE = OPTION_WITH_VALUE,
    OPTION_CONSISTENCY_CHECK,
    OPTION_REUSE,
    OPTION_JSON,
    OPTION_DRY_RUN,
    OPTION_VERBOSE,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

static const struct {
    const char *name;
    char letter; /* 0: has none */
} names[] = {
    [OPTION_ENDPOINT] = {"endpoint", 'e'},
    [OPTION_REGION] = {"region", 0},
    [OPTION_TOKEN_FILE] = {"token-file", 't'},
    [OPTION_TEMPLATE_ID] = {"template-id", 0},
    [OPTION_CA_FILE] = {"ca-file", 0},
    [OPTION_CONNECT_TO] = {"connect-to", 0},
    [OPTION_PROXY] = {"proxy", 0},
    [OPTION_TIMEOUT] = {"timeout", 0},
    [OPTION_CONNECT_TIMEOUT] = {"connect-timeout", 0},
    [OPTION_RETRIES] = {"retries", 0},
    [OPTION_TASKS] = {"tasks", 0},
    [OPTION_PARALLEL] = {"parallel", 0},
    [OPTION_SWITCH_HCE] = {"switch-hce", 0},
    [OPTION_CONSISTENCY_CHECK] = {"consistency-check", 0},
    [OPTION_REUSE] = {"reuse", 0},
    [OPTION_JSON] = {"json", 0},
    [OPTION_DRY_RUN] = {"dry-run", 0},
    [OPTION_VERBOSE] = {"verbose", 'v'},
    [OPTION_QUIET] = {"quiet", 'q'},
    [OPTION_HELP] = {"help", 'h'},
    [OPTION_VERSION] = {"version", 0},
};
_Static_assert(sizeof names / sizeof names[0] == OPTION_COUNT, "a name for each option");

static const char explain[] = "explain";

struct reader {
    struct options *options;
    struct complaint *complaint;
    const char *values[OPTION_WITH_VALUE]; /* of the options given, the last of each */
};

static bool complain(struct complaint *complaint, const char *what, const char *value,
                     const char *hint)
{
    if (complaint->what == NULL) { /* the first stays */
        complaint->what = what;
        complaint->value = value;
        complaint->hint = hint;
    }
    return false;
}

static void set_flag(struct options *options, enum option option)
{
    switch (option) {
    case OPTION_SWITCH_HCE:
        options->request.action.switch_hce = true;
        break;
    case OPTION_CONSISTENCY_CHECK:
        options->request.action.consistency_check = true;
        break;
    case OPTION_REUSE:
        options->reuse = true;
        break;
    case OPTION_JSON:
        options->json = true;
        break;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        break;
    case OPTION_VERBOSE:
        options->amount = OUTPUT_VERBOSE;
        break;
    case OPTION_QUIET:
        options->amount = OUTPUT_QUIET;
        break;
    case OPTION_HELP:
        options->help = true;
        break;
    default: /* OPTION_VERSION */
        options->version = true;
        break;
    }
}

/* Whether the argument behind an unknown option is taken for its value, which may be a secret and
 * is not looked at: 1 if so. */
static int is_value_of_unknown(const char *argument)
{
    migtask_operation operation;
    return argument != NULL && argument[0] != '-' &&
           !migtask_operation_find(migtask_text(argument), &operation);
}

/* Whether it is an option of ours, as it stands alone: then it is no value of the one before it. */
static bool is_option(const char *argument)
{
    for (size_t i = 0; argument[0] == '-' && i < OPTION_COUNT; i++) {
        if (argument[1] == '-'
                ? strcmp(argument + 2, names[i].name) == 0
                : argument[1] == names[i].letter && argument[1] != '\0' && argument[2] == '\0') {
            return true;
        }
    }
    return false;
}

/* The value that stands after an option, as an argument of its own. */
static const char *value_after(struct reader *reader, char *const *argument)
{
    if (argument[1] == NULL) {
        (void)complain(reader->complaint, "this option needs a value", *argument, NULL);
    } else if (is_option(argument[1])) {
        (void)complain(reader->complaint, "this option needs a value", *argument,
                       "what stands after it is the next option");
    } else {
        return argument[1];
    }
    return NULL;
}

static void set_value(struct reader *reader, size_t option, const char *value)
{
    if (option == OPTION_TASKS && reader->values[option] != NULL) {
        (void)complain(reader->complaint, "--tasks is given twice", value,
                       "one file (or - for standard input) names them all");
    }
    reader->values[option] = value;
}

/* --help all */
static bool is_all(const char *argument)
{
    return argument != NULL && strcmp(argument, "all") == 0;
}

/* --name, --name=value, --name value: returns how many arguments it took. */
static int read_long(struct reader *reader, char *const *argument)
{
    const char *name = *argument + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    struct nearest nearest;
    nearest_begin(&nearest, name, len);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(names[i].name) != len || memcmp(names[i].name, name, len) != 0) {
            nearest_offer(&nearest, names[i].name);
            continue;
        }
        if (i >= OPTION_WITH_VALUE) {
            bool help_all = i == OPTION_HELP && is_all(value != NULL ? value : argument[1]);
            if (help_all) {
                reader->options->help_all = true;
                set_flag(reader->options, OPTION_HELP);
                return value != NULL ? 1 : 2;
            }
            if (value != NULL) {
                (*argument)[2 + len] =
                    '\0'; /* the value may be a secret that was meant for another */
                (void)complain(reader->complaint, "this option takes no value", *argument, NULL);
            } else {
                set_flag(reader->options, (enum option)i);
            }
            return 1;
        }
        int took = value != NULL ? 1 : 2;
        if (value == NULL) {
            value = value_after(reader, argument);
        }
        if (value == NULL) {
            return 1;
        }
        if (i == OPTION_PROXY && reader->values[i] != NULL) {
            /* proxy_choose() sees only the last one. */
            proxy_url_mask((char *)(uintptr_t)reader->values[i]);
        }
        set_value(reader, i, value);
        return took;
    }
    const char *hint = foreign_option(name, len);
    (*argument)[2 + len] = '\0'; /* a misspelt --proxy may have a password behind it */
    (void)complain(reader->complaint, "unknown option", *argument,
                   hint != NULL ? hint : nearest_question(&nearest, "--"));
    return value != NULL ? 1 : 1 + is_value_of_unknown(argument[1]);
}

/* -token FILE: one dash before the beginning of a long name. Else -t would have the value "oken".
 */
static const char *long_name_of(const char *argument)
{
    size_t len = strcspn(argument + 1, "=:");
    for (size_t i = 0; len >= 3 && i < OPTION_COUNT; i++) {
        if (strncmp(names[i].name, argument + 1, len) == 0) {
            return names[i].name;
        }
    }
    return NULL;
}

/* -x, -xvalue, -x value, and flags together as in -vq. */
static int read_short(struct reader *reader, char *const *argument)
{
    const char *name = long_name_of(*argument);
    if (name != NULL) {
        struct nearest nearest;
        nearest_begin(&nearest, name, strlen(name));
        nearest_offer(&nearest, name);
        (void)complain(reader->complaint, "unknown option", *argument,
                       nearest_question(&nearest, "--"));
        return 1 + is_value_of_unknown(argument[1]);
    }
    for (const char *letter = *argument + 1; *letter != '\0'; letter++) {
        size_t i = 0;
        while (i < OPTION_COUNT && names[i].letter != *letter) {
            i++;
        }
        if (i == OPTION_COUNT) {
            static char shown[3] = "-";
            shown[1] = reader->complaint->what == NULL ? *letter : shown[1];
            (void)complain(reader->complaint, "unknown option", shown, foreign_option(letter, 1));
            return letter[1] != '\0' ? 1 : 1 + is_value_of_unknown(argument[1]);
        }
        if (i >= OPTION_WITH_VALUE) {
            set_flag(reader->options, (enum option)i);
            if (i == OPTION_HELP && letter[1] == '\0' && is_all(argument[1])) {
                reader->options->help_all = true;
                return 2;
            }
            continue;
        }
        if (letter[1] != '\0') {
            set_value(reader, i, letter + 1);
            return 1;
        }
        const char *value = value_after(reader, argument);
        if (value == NULL) {
            return 1;
        }
        set_value(reader, i, value);
        return 2;
    }
    return 1;
}

/* Task ids (or codes to explain) are moved to the front, over arguments that are read already: one
 * list of them. */
static void read_arguments(struct reader *reader, char **argument)
{
    struct options *options = reader->options;
    char **task = argument;
    bool only_positional = false;
    options->tasks = task;
    while (*argument != NULL) {
        const char *text = *argument;
        if (only_positional || text[0] != '-' || text[1] == '\0') {
            if (options->operation_name == NULL) {
                options->operation_name = text;
                options->explain = strcmp(text, explain) == 0;
            } else {
                *task++ = *argument;
                options->task_count++;
            }
            argument++;
        } else if (text[1] != '-') {
            argument += read_short(reader, argument);
        } else if (text[2] == '\0') {
            only_positional = true;
            argument++;
        } else {
            argument += read_long(reader, argument);
        }
    }
}

/* Seconds with up to any number of decimals, as milliseconds rounded up. */
static bool read_seconds(const char *text, uint32_t *ms)
{
    uint64_t value = 0;
    uint64_t unit = 1000;
    bool digits = false;
    bool point = false;
    bool rest = false;
    for (; *text != '\0'; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9') {
            return false;
        }
        digits = true;
        unsigned digit = (unsigned)(*text - '0');
        if (!point) {
            value = value * 10 + digit * 1000u;
            if (value > MIGTASK_TIMEOUT_MAX_MS) {
                return false;
            }
        } else {
            unit /= 10;
            value += digit * unit;
            rest = rest || (unit == 0 && digit > 0);
        }
    }
    value += rest ? 1 : 0;
    *ms = (uint32_t)value;
    return digits && value >= 1 && value <= MIGTASK_TIMEOUT_MAX_MS;
}

static bool read_number(const char *text, unsigned max, uint16_t *number)
{
    unsigned value = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && value <= max; digit++) {
        value = value * 10 + (unsigned)(*digit - '0');
    }
    *number = (uint16_t)value;
    return digit != text && *digit == '\0' && value <= max;
}

/* ADDRESS[:PORT]; an IPv6 address may go without its brackets if no port follows. */
static bool read_connect_to(const char *text, uint16_t port, migtask_endpoint *to)
{
    static char bracketed[64]; /* the endpoint refers to it */
    const char *colon = strchr(text, ':');
    size_t len = strlen(text);
    migtask_view view = migtask_text(text);
    if (text[0] != '[' && colon != NULL && strchr(colon + 1, ':') != NULL &&
        len + 2 < sizeof bracketed) {
        bracketed[0] = '[';
        memcpy(bracketed + 1, text, len);
        bracketed[len + 1] = ']';
        view = (migtask_view){bracketed, len + 2};
    }
    return migtask_authority_parse(view, port, to) && to->kind != MIGTASK_HOST_NAME;
}

static bool read_endpoint(struct reader *reader)
{
    migtask_endpoint *endpoint = &reader->options->request.endpoint;
    const char *region = reader->values[OPTION_REGION];
    const char *given = reader->values[OPTION_ENDPOINT];
    const char *url = given != NULL ? given : environment_get("MIGTASK_ENDPOINT");
    if (given != NULL && region != NULL) {
        return complain(reader->complaint, "there are both --endpoint and --region: give one",
                        region, NULL);
    }
    if (region != NULL) { /* an option goes before the environment */
        if (!migtask_region_endpoint(migtask_text(region), endpoint)) {
            struct nearest nearest;
            nearest_begin(&nearest, region, strlen(region));
            for (const migtask_region *known = migtask_regions; known->name != NULL; known++) {
                nearest_offer(&nearest, known->name);
            }
            const char *question = nearest_question(&nearest, "");
            reader->complaint->list_regions = reader->complaint->what == NULL;
            return complain(reader->complaint, "no endpoint is known for this region", region,
                            question != NULL ? question
                                             : "give --endpoint https://HOST, or a known region");
        }
        return true;
    }
    if (url == NULL) {
        return complain(reader->complaint, "no endpoint is given", NULL,
                        "use --endpoint https://HOST, --region NAME, or set MIGTASK_ENDPOINT");
    }
    if (!migtask_endpoint_parse(migtask_text(url), endpoint)) {
        return complain(
            reader->complaint, "this is not an endpoint", url,
            "it is https://HOST[:PORT], without user, path and query; PORT is 1 to 65535");
    }
    return true;
}

/* The values of the options, with their defaults. */
static void read_values(struct reader *reader)
{
    struct options *options = reader->options;
    struct complaint *complaint = reader->complaint;
    const char *const *values = reader->values;
    migtask_request *request = &options->request;
    request->timeout_ms = DEFAULT_TIMEOUT_MS;
    request->connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS;
    options->retries = DEFAULT_RETRIES;
    options->parallel = 1;
    options->has_timeout = values[OPTION_TIMEOUT] != NULL;
    options->token_file = values[OPTION_TOKEN_FILE];
    options->tasks_file = values[OPTION_TASKS];
    options->ca_file = values[OPTION_CA_FILE];
    request->action.template_id = migtask_text(values[OPTION_TEMPLATE_ID]);
    static const char seconds[] = "it is a number of seconds above 0 and up to 86400, such as 0.5";
    if (values[OPTION_TIMEOUT] != NULL &&
        !read_seconds(values[OPTION_TIMEOUT], &request->timeout_ms)) {
        (void)complain(complaint, "--timeout is out of range", values[OPTION_TIMEOUT], seconds);
    }
    if (values[OPTION_CONNECT_TIMEOUT] != NULL &&
        !read_seconds(values[OPTION_CONNECT_TIMEOUT], &request->connect_timeout_ms)) {
        (void)complain(complaint, "--connect-timeout is out of range",
                       values[OPTION_CONNECT_TIMEOUT], seconds);
    }
    if (values[OPTION_RETRIES] != NULL &&
        !read_number(values[OPTION_RETRIES], MAX_RETRIES, &options->retries)) {
        (void)complain(complaint, "--retries is out of range", values[OPTION_RETRIES],
                       "it is a number from 0 to 100");
    }
    if (values[OPTION_PARALLEL] != NULL &&
        (!read_number(values[OPTION_PARALLEL], CALLS_MAX, &options->parallel) ||
         options->parallel == 0)) {
        (void)complain(complaint, "--parallel is out of range", values[OPTION_PARALLEL],
                       "it is a number from 1 to 4");
    }
}

static bool read_action(struct reader *reader)
{
    struct options *options = reader->options;
    migtask_action *action = &options->request.action;
    if (options->operation_name == NULL) {
        reader->complaint->list_operations = reader->complaint->what == NULL;
        return complain(reader->complaint, "there is no OPERATION and no TASK_ID", NULL,
                        "the form is migtask OPERATION TASK_ID... [options]");
    }
    if (!migtask_operation_find(migtask_text(options->operation_name), &action->operation)) {
        struct nearest nearest;
        nearest_begin(&nearest, options->operation_name, strlen(options->operation_name));
        for (int i = 0; i < MIGTASK_OPERATION_COUNT; i++) {
            nearest_offer(&nearest, migtask_operation_name((migtask_operation)i));
        }
        nearest_offer(&nearest, explain);
        const char *hint = foreign_operation(options->operation_name);
        reader->complaint->list_operations = reader->complaint->what == NULL;
        return complain(reader->complaint, "this is not an operation", options->operation_name,
                        hint != NULL ? hint : nearest_question(&nearest, ""));
    }
    if (options->task_count == 0 && options->tasks_file == NULL) {
        return complain(reader->complaint, "there is no TASK_ID behind the operation", NULL,
                        "the form is migtask OPERATION TASK_ID... [options]");
    }
    for (size_t i = 0; options->task_count > 1 && i < options->task_count; i++) {
        migtask_operation second; /* left over from editing: else it would be the id of a task */
        if (migtask_operation_find(migtask_text(options->tasks[i]), &second)) {
            return complain(reader->complaint, "there are two operations", options->tasks[i],
                            "give one, and then the TASK_IDs");
        }
    }
    if (options->task_count > 0 && options->tasks_file != NULL) {
        return complain(reader->complaint, "there are both a TASK_ID and a file of tasks",
                        options->tasks[0], "give one or the other");
    }
    if (options->tasks_file != NULL && options->token_file != NULL &&
        strcmp(options->tasks_file, "-") == 0 && strcmp(options->token_file, "-") == 0) {
        return complain(reader->complaint, "both the tasks and the token are to be standard input",
                        NULL, "give one of them as a file, or the token by MIGTASK_TOKEN");
    }
    if (options->tasks_file != NULL) {
        action->task_id = migtask_text("0"); /* in the place of those that tasks_read() brings */
    } else {
        struct complaint found = {.what = NULL};
        if (!tasks_take(options, &found)) {
            *reader->complaint = reader->complaint->what == NULL ? found : *reader->complaint;
            return false;
        }
    }
    switch (migtask_action_check(action)) {
    case MIGTASK_CHECK_OK:
        return true;
    case MIGTASK_CHECK_TEMPLATE_MISSING:
        return complain(reader->complaint, "clone_test needs a template", NULL,
                        "give its id with --template-id ID");
    default:
        return complain(reader->complaint, "--template-id is out of range", NULL,
                        migtask_check_text(MIGTASK_CHECK_TEMPLATE_ID));
    }
}

/* What an action needs. */
static void read_call(struct reader *reader)
{
    struct options *options = reader->options;
    struct complaint *complaint = reader->complaint;
    (void)(read_action(reader) && read_endpoint(reader) &&
           proxy_choose(reader->values[OPTION_PROXY], &options->request.endpoint, &options->proxy,
                        complaint));
    const char *to = reader->values[OPTION_CONNECT_TO];
    if (complaint->what == NULL && to != NULL) {
        options->has_connect_to = true;
        if (!read_connect_to(to, options->request.endpoint.port, &options->connect_to)) {
            (void)complain(
                complaint, "--connect-to is not an address", to,
                "it is an IPv4 address or [IPv6 address], and :PORT if not the endpoint's");
        }
    }
}

bool options_read(struct options *options, int argc, char *argv[], struct complaint *complaint)
{
    memset(options, 0, sizeof *options);
    memset(complaint, 0, sizeof *complaint);
    options->amount = OUTPUT_NORMAL;
    struct reader reader = {.options = options, .complaint = complaint};
    if (argc > 0) { /* else not even the program's name is there */
        read_arguments(&reader, argv + 1);
    }
    options->task_id = options->task_count > 0 && !options->explain ? options->tasks[0] : NULL;
    read_values(&reader);
    if (!options->explain) {
        read_call(&reader);
    } else if (options->task_count == 0) {
        (void)complain(complaint, "there is no CODE behind explain", NULL,
                       "the form is migtask explain CODE..., for instance migtask explain "
                       "SMS.7713 APIGW.0308");
    }
    /* Whatever was wrong before. It is argv's own text. */
    proxy_hide((char *)(uintptr_t)reader.values[OPTION_PROXY]);
    return complaint->what == NULL;
}
