#include "environment.h"

#include <stddef.h>

extern char **environ;

/* Behind NAME=, NULL if the entry is another's. Byte by byte: the C library's functions load what
 * follows along with it, a secret, into vector registers, and from there it gets onto the stack. */
static char *value_of(char *entry, const char *name)
{
    for (; *name != '\0'; name++, entry++) {
        if (*entry != *name) {
            return NULL;
        }
    }
    return *entry == '=' ? entry + 1 : NULL;
}

char *environment_get(const char *name)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char *value = value_of(*entry, name);
        if (value != NULL) {
            return value[0] != '\0' ? value : NULL; /* the first counts, as with getenv() */
        }
    }
    return NULL;
}

void environment_visit(const char *name, void (*visit)(char *value))
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char *value = value_of(*entry, name);
        if (value != NULL) {
            visit(value);
        }
    }
}
