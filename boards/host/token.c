#define _POSIX_C_SOURCE 200809L

#include "token.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "prompt.h"
#include "secrets.h"
#include "token_check.h"

/* In their order. */
static const struct {
    const char *name;
    const char *told;
} variables[] = {
    {"MIGTASK_TOKEN", "(from MIGTASK_TOKEN)"},
    {"HW_AUTH_TOKEN", "(from HW_AUTH_TOKEN)"},
};
#define VARIABLES (sizeof variables / sizeof variables[0])

static const char *taken_from; /* NULL: neither is set */
static size_t taken_length;    /* of all of it, more than there is room for included */

static void wipe_text(char *text)
{
    for (volatile char *at = text; *at != '\0'; at++) {
        *at = '\0';
    }
}

/* Byte by byte, as in environment.c. */
static void take(const char *told, const volatile char *value)
{
    taken_from = told;
    for (; value[taken_length] != '\0'; taken_length++) {
        if (taken_length < sizeof secrets->token) {
            secrets->token[secrets->filled++] = value[taken_length];
        }
    }
}

void token_take(void)
{
    taken_from = NULL;
    taken_length = 0;
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = environment_get(variables[i].name);
        if (value != NULL && taken_from == NULL) {
            take(variables[i].told, value);
        }
        environment_visit(variables[i].name, wipe_text);
    }
}

/* All of it into secrets->token; at a terminal by a question. */
static migtask_posix_file_status read_file(const char *file, struct prompt *prompt, size_t *len)
{
    migtask_posix_patience patience = *prompt->patience;
    patience.terminal = prompt_read;
    patience.terminal_ctx = prompt;
    migtask_wipe(secrets->token, secrets->filled);
    secrets->filled = sizeof secrets->token; /* whatever happens meanwhile */
    migtask_posix_file_status status =
        migtask_posix_file_read(file, secrets->token, sizeof secrets->token, len, &patience);
    secrets->filled = *len; /* 0 if it failed: then it was wiped there */
    return status;
}

/* Whether it is an absolute path at which something is. One of base64 may begin like it. */
static bool names_file(migtask_view token)
{
    char path[256];
    if (token.ptr[0] != '/' || token.len >= sizeof path) {
        return false;
    }
    memcpy(path, token.ptr, token.len);
    path[token.len] = '\0';
    bool found = access(path, F_OK) == 0;
    migtask_wipe(path, token.len);
    return found;
}

enum token_status token_read(const struct options *options, const migtask_posix_patience *patience,
                             migtask_view *token, uint32_t *typing_ms, struct complaint *complaint)
{
    const char *file = options->token_file;
    struct prompt prompt = {.question = "Token (it is not shown; Enter ends it, Ctrl-C cancels): ",
                            .has_deadline = options->has_timeout,
                            .patience = patience};
    size_t len = taken_length;
    complaint->value = file;
    *typing_ms = 0;
    if (file != NULL) {
        migtask_posix_file_status status = read_file(file, &prompt, &len);
        int error = errno;
        *typing_ms = prompt.took_ms;
        switch (status) {
        case MIGTASK_POSIX_FILE_OK:
            break;
        case MIGTASK_POSIX_FILE_TIMEOUT:
            return TOKEN_TIMEOUT;
        case MIGTASK_POSIX_FILE_CANCELLED:
            return TOKEN_CANCELLED;
        case MIGTASK_POSIX_FILE_TOO_LARGE:
            complaint->what = prompt.asked ? "more was typed than a token has"
                                           : "this file holds more than a token";
            complaint->hint = prompt.asked
                                  ? "paste it after the question; it has up to 16384 characters"
                                  : migtask_check_text(MIGTASK_CHECK_TOKEN);
            return TOKEN_WRONG;
        default:
            complaint->what = "the token file cannot be used";
            /* terminal_guard_descriptors() puts a directory where standard input was closed. */
            complaint->hint = status == MIGTASK_POSIX_FILE_WRONG_KIND && strcmp(file, "-") == 0
                                  ? "standard input is closed, or a directory"
                                  : migtask_posix_file_text(status, error);
            return TOKEN_WRONG;
        }
    } else if (taken_from != NULL) {
        complaint->value = taken_from;
    } else {
        complaint->what = "no token is given";
        complaint->hint = "use --token-file FILE (- for standard input), or set MIGTASK_TOKEN or "
                          "HW_AUTH_TOKEN";
        return TOKEN_WRONG;
    }
    /* An editor or echo leaves one line end; more of them are not a token. */
    if (len > 0 && len <= sizeof secrets->token && secrets->token[len - 1] == '\n') {
        len -= len > 1 && secrets->token[len - 2] == '\r' ? 2 : 1;
    }
    token->ptr = secrets->token;
    token->len = len;
    if (len == 0 || len > MIGTASK_TOKEN_MAX) {
        complaint->what = len == 0 ? "the token is empty" : "the token is too long";
        complaint->hint = migtask_check_text(MIGTASK_CHECK_TOKEN);
        return TOKEN_WRONG;
    }
    complaint->hint = names_file(*token) ? "it is the name of a file: that is for --token-file"
                                         : token_check(*token);
    if (complaint->hint != NULL) {
        complaint->what = "this cannot be a token";
        return TOKEN_WRONG;
    }
    return TOKEN_OK;
}
