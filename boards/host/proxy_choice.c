#define _POSIX_C_SOURCE 200809L

#include "proxy_choice.h"

#include <stdlib.h>

#include "no_proxy.h"
#include "options.h"
#include "proxy_url.h"

/* In their order. http_proxy is for http:// alone, as with curl. */
static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
#define VARIABLES (sizeof variables / sizeof variables[0])

/* Of an empty variable curl takes no notice. */
static char *variable(const char *name)
{
    char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool is_excepted(const migtask_endpoint *service)
{
    const char *list = variable("no_proxy");
    list = list != NULL ? list : variable("NO_PROXY");
    return list != NULL && no_proxy_names(list, service);
}

static bool read_choice(const char *url, const migtask_endpoint *service,
                        struct proxy_choice *choice, struct complaint *complaint)
{
    if (url == NULL || url[0] == '\0' || is_excepted(service)) {
        return true;
    }
    const char *wrong = proxy_url_read(url, &choice->where, &choice->credentials);
    choice->used = wrong == NULL;
    if (wrong != NULL && complaint->what == NULL) {
        complaint->what = "this names no proxy that can be used";
        complaint->value = choice->source; /* never the URL: there may be a password in it */
        complaint->hint = wrong;
    }
    return choice->used;
}

bool proxy_choose(char *option, const migtask_endpoint *service, struct proxy_choice *choice,
                  struct complaint *complaint)
{
    const char *url = option;
    choice->source = "--proxy";
    for (size_t i = 0; i < VARIABLES && url == NULL; i++) {
        url = variable(variables[i]);
        choice->source = variables[i];
    }
    bool good = read_choice(url, service, choice, complaint);
    if (option != NULL) {
        proxy_url_mask(option);
    }
    for (size_t i = 0; i < VARIABLES; i++) {
        char *value = getenv(variables[i]);
        if (value != NULL) {
            proxy_url_mask(value);
        }
    }
    return good;
}
