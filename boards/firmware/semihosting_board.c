/*
 * Parameters and the end of boards that run under a debugger or QEMU: parameters are words of the
 * command line, name=value or name="value with blanks", and the exit status is the outcome's.
 *
 * A product has its parameters and its token in a page of flash, and so it is here, where it is the
 * debugger that programs the page: in RAM a token would take 16 KB. token=@FILE reads the token
 * from a file of the debugger's machine.
 */
#include <string.h>

#include "board.h"
#include "semihosting.h"

/* The page, see cortex_m.ld: the command line, and then the token with a line end. */
extern char parameter_page[];
extern const char parameter_page_end[];
#define TEXT_MAX 2048
#define TOKEN_MAX (MIGTASK_TOKEN_MAX + 2)

static migtask_view token;

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

/* Finds name=value in the page. */
static bool find(const char *name, migtask_view *value)
{
    size_t name_len = strlen(name);
    const char *at = parameter_page;
    while (*at != '\0') {
        const char *word = at;
        char end = ' ';
        while (*at != '\0' && (end == '"' ? *at != '"' : !is_blank(*at))) {
            if (*at == '"') {
                end = '"';
            }
            at++;
        }
        size_t word_len = (size_t)(at - word);
        if (word_len > name_len && word[name_len] == '=' && memcmp(word, name, name_len) == 0) {
            size_t skip = name_len + 1 + (end == '"');
            *value = (migtask_view){word + skip, word_len - skip};
            return true;
        }
        at += *at != '\0';
    }
    return false;
}

/* What follows @ is the name of a file that holds the token. */
static bool read_token(migtask_view *value)
{
    if (token.ptr == NULL) {
        char *memory = parameter_page + TEXT_MAX;
        size_t len = 0;
        if (!semihosting_read_file(value->ptr + 1, value->len - 1, memory, TOKEN_MAX, &len)) {
            return false;
        }
        len -= len > 0 && memory[len - 1] == '\n';
        len -= len > 0 && memory[len - 1] == '\r';
        token = (migtask_view){memory, len};
    }
    *value = token;
    return true;
}

bool board_parameter(const char *name, migtask_view *value)
{
    static bool ready;
    if (!ready) {
        ready = semihosting_command_line(parameter_page, TEXT_MAX);
    }
    if (!ready || !find(name, value)) {
        return false;
    }
    if (strcmp(name, "token") == 0 && value->len > 0 && value->ptr[0] == '@') {
        return read_token(value);
    }
    return true;
}

_Noreturn void board_exit(int status)
{
    semihosting_exit(status);
}
