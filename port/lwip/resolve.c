/*
 * port/posix/resolve.h over lwIP's DNS client, for port/posix over lwIP's sockets (NO_SYS=0):
 * look-ups in every family at once, without a thread of their own.
 */
#include "lwip/opt.h"

#if !NO_SYS

#define MIGTASK_POSIX_LWIP 1

#include <errno.h>
#include <string.h>

#include "../posix/resolve.h"
#include "lookup.h"
#include "lwip/sys.h"

/* RFC 8305 section 3: how long a found address waits for the one of the other family. */
#define RESOLUTION_DELAY_MS 50

_Static_assert(MIGTASK_LWIP_FAMILIES <= 2, "places in the resolver");

static void keep(migtask_posix_address *into, const ip_addr_t *address)
{
    memset(into, 0, sizeof *into);
#if LWIP_IPV6
    if (IP_IS_V6(address)) {
        into->len = 16;
        memcpy(into->bytes, ip_2_ip6(address)->addr, 16);
        return;
    }
#endif
#if LWIP_IPV4
    into->len = 4;
    memcpy(into->bytes, &ip_2_ip4(address)->addr, 4);
#endif
}

static void note(migtask_posix_resolver *resolver, uint8_t family, const ip_addr_t *address)
{
    bool first = resolver->found[0].len == 0 && resolver->found[1].len == 0;

    keep(&resolver->found[family], address);
    if (first) {
        resolver->since = sys_now();
    }
}

/* Goes on with one family; false: there can be no such name. */
static bool look(migtask_posix_resolver *resolver, uint8_t family)
{
    migtask_lwip_lookup_status status = MIGTASK_LWIP_NOT_FOUND;
    ip_addr_t address;

    if ((resolver->waiting >> family & 1) != 0) {
        status =
            migtask_lwip_lookup_start(&resolver->lookups[family], resolver->name, family, &address);
        if (status != MIGTASK_LWIP_NO_ROOM) { /* else later: others, or those that were given up */
            resolver->waiting &= (uint8_t) ~(1u << family);
        }
    } else if (resolver->lookups[family] != 0) {
        status = migtask_lwip_lookup_poll(&resolver->lookups[family], &address);
    }
    if (status == MIGTASK_LWIP_FOUND) {
        note(resolver, family, &address);
    }
    return status != MIGTASK_LWIP_BAD_NAME;
}

bool migtask_posix_resolve_start(migtask_posix_resolver *resolver, migtask_view name)
{
    memset(resolver, 0, sizeof *resolver);
    resolver->name = name;
    resolver->waiting = (1u << MIGTASK_LWIP_FAMILIES) - 1;
    for (uint8_t i = 0; i < MIGTASK_LWIP_FAMILIES; i++) {
        if (!look(resolver, i)) {
            migtask_posix_resolve_stop(resolver);
            errno = EINVAL;
            return false;
        }
    }
    resolver->searching = true;
    return true;
}

int migtask_posix_resolve_fd(const migtask_posix_resolver *resolver)
{
    (void)resolver;
    return -1;
}

migtask_posix_resolve_status
migtask_posix_resolve_poll(migtask_posix_resolver *resolver,
                           migtask_posix_address found[MIGTASK_POSIX_ADDRESSES], uint8_t *count)
{
    bool looking;

    if (!resolver->searching) {
        return MIGTASK_POSIX_RESOLVER_FAILED;
    }
    for (uint8_t i = 0; i < MIGTASK_LWIP_FAMILIES; i++) {
        (void)look(resolver, i);
    }
    looking = resolver->waiting != 0 || resolver->lookups[0] != 0 || resolver->lookups[1] != 0;
    *count = 0;
    for (uint8_t i = 0; i < MIGTASK_LWIP_FAMILIES && *count < MIGTASK_POSIX_ADDRESSES; i++) {
        if (resolver->found[i].len > 0) {
            found[(*count)++] = resolver->found[i];
        }
    }
    if (looking && (*count == 0 || sys_now() - resolver->since < RESOLUTION_DELAY_MS)) {
        return MIGTASK_POSIX_RESOLVING;
    }
    migtask_posix_resolve_stop(resolver);
    /* lwIP does not tell whether there is no such name or no answer. */
    return *count > 0 ? MIGTASK_POSIX_RESOLVED : MIGTASK_POSIX_NO_ANSWER;
}

void migtask_posix_resolve_stop(migtask_posix_resolver *resolver)
{
    for (uint8_t i = 0; i < MIGTASK_LWIP_FAMILIES; i++) {
        migtask_lwip_lookup_stop(&resolver->lookups[i]);
    }
    resolver->waiting = 0;
    resolver->searching = false;
}

#endif
