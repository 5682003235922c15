#define _POSIX_C_SOURCE 200809L

#include "environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

char *environment_get(const char *name)
{
    char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

void environment_visit(const char *name, void (*visit)(char *value))
{
    size_t len = strlen(name);
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=') {
            visit(*entry + len + 1);
        }
    }
}
