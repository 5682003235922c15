#include "proxy_choice.h"

#include "environment.h"
#include "no_proxy.h"
#include "options.h"
#include "proxy_url.h"

/* In their order. http_proxy is for http:// alone, as with curl. */
static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
#define VARIABLES (sizeof variables / sizeof variables[0])

static bool is_excepted(const migtask_endpoint *service)
{
    const char *list = environment_get("no_proxy");
    list = list != NULL ? list : environment_get("NO_PROXY");
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

bool proxy_choose(const char *option, const migtask_endpoint *service, struct proxy_choice *choice,
                  struct complaint *complaint)
{
    const char *url = option;
    choice->source = "--proxy";
    for (size_t i = 0; i < VARIABLES && url == NULL; i++) {
        url = environment_get(variables[i]);
        choice->source = variables[i];
    }
    return read_choice(url, service, choice, complaint);
}

void proxy_hide(char *option)
{
    if (option != NULL) {
        proxy_url_mask(option);
    }
    for (size_t i = 0; i < VARIABLES; i++) {
        environment_visit(variables[i], proxy_url_mask);
    }
}
