#define _POSIX_C_SOURCE 200809L

#include "token.h"

#include <errno.h>
#include <string.h>

#include "environment.h"

static char memory[MIGTASK_TOKEN_MAX + 2]; /* and a line end */
static size_t filled;                      /* bytes of it; the rest was never touched */

void token_wipe(void)
{
    migtask_wipe(memory, filled);
}

static bool take_variable(const char *name, size_t *len)
{
    const char *value = environment_get(name);
    if (value == NULL) {
        return false;
    }
    *len = strlen(value);
    filled = *len < sizeof memory ? *len : sizeof memory;
    memcpy(memory, value, filled);
    return true;
}

static void wipe_text(char *text)
{
    migtask_wipe(text, strlen(text));
}

/* Where the variables stand, so that neither a child nor a look at the process's environment finds
 * them. */
static void drop_variables(void)
{
    environment_visit("MIGTASK_TOKEN", wipe_text);
    environment_visit("HW_AUTH_TOKEN", wipe_text);
}

enum token_status token_read(const char *file, const migtask_posix_patience *patience,
                             migtask_view *token, struct complaint *complaint)
{
    size_t len = 0;
    complaint->value = file;
    if (file != NULL) {
        migtask_posix_file_status status =
            migtask_posix_file_read(file, memory, sizeof memory, &len, patience);
        int error = errno;
        filled = len; /* 0 if it failed: then it was wiped there */
        drop_variables();
        switch (status) {
        case MIGTASK_POSIX_FILE_OK:
            break;
        case MIGTASK_POSIX_FILE_TIMEOUT:
            return TOKEN_TIMEOUT;
        case MIGTASK_POSIX_FILE_CANCELLED:
            return TOKEN_CANCELLED;
        case MIGTASK_POSIX_FILE_TOO_LARGE:
            complaint->what = "this file holds more than a token";
            complaint->hint = migtask_check_text(MIGTASK_CHECK_TOKEN);
            return TOKEN_WRONG;
        default:
            complaint->what = "the token file cannot be used";
            /* terminal_guard_descriptors() puts a directory where standard input was closed. */
            complaint->hint = status == MIGTASK_POSIX_FILE_WRONG_KIND && strcmp(file, "-") == 0
                                  ? "standard input is closed, or a directory"
                                  : migtask_posix_file_text(status, error);
            return TOKEN_WRONG;
        }
    } else if (take_variable("MIGTASK_TOKEN", &len)) {
        complaint->value = "(from MIGTASK_TOKEN)";
        drop_variables();
    } else if (take_variable("HW_AUTH_TOKEN", &len)) {
        complaint->value = "(from HW_AUTH_TOKEN)";
        drop_variables();
    } else {
        complaint->what = "no token is given";
        complaint->hint = "use --token-file FILE (- for standard input), or set MIGTASK_TOKEN or "
                          "HW_AUTH_TOKEN";
        return TOKEN_WRONG;
    }
    /* An editor or echo leaves one line end; more of them are not a token. */
    if (len > 0 && len <= sizeof memory && memory[len - 1] == '\n') {
        len -= len > 1 && memory[len - 2] == '\r' ? 2 : 1;
    }
    token->ptr = memory;
    token->len = len;
    if (migtask_token_check(*token) != MIGTASK_CHECK_OK) {
        complaint->what = len == 0 ? "the token is empty"
                          : len > MIGTASK_TOKEN_MAX
                              ? "the token is too long"
                              : "the token holds a byte that is not visible ASCII";
        complaint->hint = migtask_check_text(MIGTASK_CHECK_TOKEN);
        return TOKEN_WRONG;
    }
    return TOKEN_OK;
}
