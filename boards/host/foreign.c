#include "foreign.h"

#include <string.h>

#define VERIFIED "the server is always verified; --ca-file FILE names the root of its certificate"
#define LOOKING                                                                                    \
    "a task's state is in the console, and in the answer to GET /v3/tasks/TASK_ID: see the manual"

struct foreign {
    const char *word;
    const char *hint;
};

static const struct foreign options[] = {
    {"k", VERIFIED},
    {"insecure", VERIFIED},
    {"no-check-certificate", VERIFIED},
    {"no-verify", VERIFIED},
    {"cacert", "did you mean --ca-file?"},
    {"ca-certificate", "did you mean --ca-file?"},
    {"url", "did you mean --endpoint?"},
    {"host", "did you mean --endpoint?"},
    {"resolve", "did you mean --connect-to?"},
    {"retry", "did you mean --retries?"},
    {"max-time", "did you mean --timeout?"},
};

static const struct foreign operations[] = {
    {"pause", "did you mean stop?"},
    {"resume", "did you mean start?"},
    {"sync", "did you mean restart?"},
    {"launch", "did you mean cutover?"},
    {"show", LOOKING},
    {"status", LOOKING},
    {"get", LOOKING},
    {"list", LOOKING},
    {"help", "did you mean --help?"},
    {"version", "did you mean --version?"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *find(const struct foreign *table, size_t count, const char *word, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(table[i].word) == len && memcmp(table[i].word, word, len) == 0) {
            return table[i].hint;
        }
    }
    return NULL;
}

const char *foreign_option(const char *name, size_t len)
{
    return find(options, COUNT(options), name, len);
}

const char *foreign_operation(const char *name)
{
    return find(operations, COUNT(operations), name, strlen(name));
}
