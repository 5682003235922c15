#include "echo.h"

#define LONGEST 64
#define LONGEST_RUN 15 /* the service may repeat no more of a credential either */

enum { SMALL = 1, CAPITAL = 2, DIGIT = 4 };

static unsigned kind_of(char c)
{
    return c >= 'a' && c <= 'z'   ? SMALL
           : c >= 'A' && c <= 'Z' ? CAPITAL
           : c >= '0' && c <= '9' ? DIGIT
                                  : 0;
}

/* Names of what is secret, in small letters. */
static const char *const named_secrets[] = {"token", "passw",      "secret",
                                            "pwd",   "credential", "auth"};

static bool begins(const char *text, const char *word)
{
    while (*word != '\0' && (*text | 0x20) == *word) {
        text++;
        word++;
    }
    return *word == '\0';
}

/* MIGTASK_TOKEN=..., --password:..., X-Auth-Token: ... */
static bool names_secret(const char *text)
{
    bool named = false;
    for (; *text != '\0' && !(named && (*text == '=' || *text == ':')); text++) {
        for (size_t i = 0; i < sizeof named_secrets / sizeof named_secrets[0]; i++) {
            named |= begins(text, named_secrets[i]);
        }
    }
    return *text != '\0';
}

bool echo_allowed(const char *text)
{
    if (names_secret(text)) {
        return false;
    }
    size_t run = 0;
    unsigned kinds = 0; /* in the run */
    for (size_t len = 0; text[len] != '\0'; len++) {
        unsigned kind = kind_of(text[len]);
        run = kind != 0 ? run + 1 : 0;
        kinds = kind != 0 ? kinds | kind : 0;
        bool mixed = (kinds & (kinds - 1)) != 0;
        if (text[len] == '@' || len >= LONGEST || (run > LONGEST_RUN && mixed)) {
            return false;
        }
    }
    return true;
}

bool echo_allowed_id(const char *text)
{
    migtask_action action = {.task_id = migtask_text(text), .operation = MIGTASK_START};
    return migtask_action_check(&action) == MIGTASK_CHECK_OK || echo_allowed(text);
}
