#define _POSIX_C_SOURCE 200809L

#include "explain.h"

#include <string.h>

#include "error_codes.h"
#include "result.h"
#include "terminal.h"

#define FORMS "an error code looks like SMS.7713 or, of the gateway, APIGW.0308 (APIG.0308)"

#if MIGTASK_HOST_ERROR_TEXTS

#define CODE_MAX 10 /* bytes of APIGW.0308 */

/* The code in capitals. */
static migtask_view capitals(const char *code, char buf[CODE_MAX])
{
    size_t len = strlen(code);
    if (len > CODE_MAX) {
        return migtask_text(code); /* none of ours */
    }
    for (size_t i = 0; i < len; i++) {
        buf[i] = code[i] >= 'a' && code[i] <= 'z' ? (char)(code[i] - 'a' + 'A') : code[i];
    }
    return (migtask_view){buf, len};
}

static bool is_known(const char *code)
{
    char buf[CODE_MAX];
    struct error_search search;
    return error_codes_begin(&search, capitals(code, buf)) && error_codes_next(&search) != NULL;
}

static void put_row(migtask_view code, const struct error_row *row)
{
    char text[ERROR_TEXT_MAX];
    unsigned http_status = error_codes_status(row);
    terminal_put_view(&terminal_out, code);
    if (http_status != 0) {
        terminal_put(&terminal_out, " (HTTP ");
        terminal_put_number(&terminal_out, http_status);
        terminal_put(&terminal_out, ")");
    }
    terminal_put(&terminal_out, "\n  Meaning: ");
    terminal_put_view(&terminal_out, error_codes_meaning(row, text));
    terminal_put(&terminal_out, "\n  Advice: ");
    terminal_put_view(&terminal_out, error_codes_advice(row, text));
    terminal_put(&terminal_out, "\n");
}

/* A text of the table as a JSON string. It is printable ASCII: error_codes.awk looks. */
static void put_string(migtask_view text)
{
    terminal_put(&terminal_out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') {
            terminal_put(&terminal_out, "\\");
        }
        (void)terminal_write(&terminal_out, text.ptr + i, 1);
    }
    terminal_put(&terminal_out, "\"");
}

static void put_row_json(const struct error_row *row)
{
    char text[ERROR_TEXT_MAX];
    unsigned http_status = error_codes_status(row);
    terminal_put(&terminal_out, "{\"http_status\":");
    if (http_status != 0) {
        terminal_put_number(&terminal_out, http_status);
    } else {
        terminal_put(&terminal_out, "null");
    }
    terminal_put(&terminal_out, ",\"meaning\":");
    put_string(error_codes_meaning(row, text));
    terminal_put(&terminal_out, ",\"advice\":");
    put_string(error_codes_advice(row, text));
    terminal_put(&terminal_out, "}");
}

static void put_code(const char *given, bool json)
{
    char buf[CODE_MAX];
    migtask_view code = capitals(given, buf);
    struct error_search search;
    const struct error_row *row;
    if (!error_codes_begin(&search, code)) {
        return;
    }
    if (!json) {
        while ((row = error_codes_next(&search)) != NULL) {
            put_row(code, row);
        }
        return;
    }
    terminal_put(&terminal_out, "{\"error_code\":");
    put_string(code);
    const char *before = ",\"explanations\":[";
    while ((row = error_codes_next(&search)) != NULL) {
        terminal_put(&terminal_out, before);
        put_row_json(row);
        before = ",";
    }
    terminal_put(&terminal_out, "]}\n");
}

/* "the nearest known ones are SMS.0007 and SMS.0201; " into buf, or nothing. */
static size_t describe_near(const char *given, char *buf)
{
    char capital[CODE_MAX];
    migtask_view code = capitals(given, capital);
    struct error_search search;
    int near[2];
    if (!error_codes_begin(&search, code)) {
        return 0;
    }
    error_codes_near(&search, &near[0], &near[1]);
    static const char many[] = "the nearest known ones are ";
    static const char one[] = "the nearest known one is ";
    size_t len = near[0] >= 0 && near[1] >= 0 ? sizeof many - 1 : sizeof one - 1;
    memcpy(buf, near[0] >= 0 && near[1] >= 0 ? many : one, len);
    bool second = false;
    for (int i = 0; i < 2; i++) {
        if (near[i] < 0) {
            continue;
        }
        if (second) {
            memcpy(buf + len, " and ", 5);
            len += 5;
        }
        memcpy(buf + len, code.ptr, code.len - 4);
        len += code.len;
        for (size_t digit = 1; digit <= 4; digit++) {
            buf[len - digit] = (char)('0' + near[i] % 10);
            near[i] /= 10;
        }
        second = true;
    }
    memcpy(buf + len, "; ", 2);
    return len + 2;
}

static int print_unknown(const struct options *options, const char *code)
{
    char hint[sizeof FORMS + 80];
    size_t len = describe_near(code, hint);
    memcpy(hint + len, FORMS, sizeof FORMS);
    struct complaint complaint = {
        .what = "this error code is not known", .value = code, .hint = hint};
    return result_print_complaint(options, &complaint, MIGTASK_INVALID_ARGUMENT);
}

int explain_print(const struct options *options)
{
    for (size_t i = 0; i < options->task_count; i++) {
        if (!is_known(options->tasks[i])) {
            return print_unknown(options, options->tasks[i]);
        }
    }
    for (size_t i = 0; i < options->task_count; i++) {
        put_code(options->tasks[i], options->json);
    }
    if (terminal_flush(&terminal_out)) {
        return 0;
    }
    terminal_put(&terminal_err,
                 "migtask: the explanation could not be written to standard output\n");
    (void)terminal_flush(&terminal_err);
    return EXIT_OUTPUT_FAILED;
}

#else

int explain_print(const struct options *options)
{
    struct complaint complaint = {
        .what = "this migtask was built without the texts of error codes",
        .hint = "(MIGTASK_HOST_ERROR_TEXTS=0): look in the service's documentation"};
    return result_print_complaint(options, &complaint, MIGTASK_INVALID_CONFIG);
}

#endif
