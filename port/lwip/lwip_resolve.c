/*
 * port/posix/resolve.h over lwIP's DNS client, for port/posix over lwIP's sockets (NO_SYS=0):
 * look-ups in every family at once, without a thread of their own.
 */
#include "lwip/opt.h"

#if !NO_SYS

#define MIGTASK_POSIX_LWIP 1

#include <string.h>

#include "../posix/resolve.h"
#include "lookup.h"

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

/* Goes on with one family, whose address goes to found[*count]. */
static void look(migtask_posix_resolver *resolver, uint8_t family, migtask_posix_address *found,
                 uint8_t *count)
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
        keep(&found[(*count)++], &address);
        resolver->found = true;
    }
}

migtask_posix_resolve_status
migtask_posix_resolve_start(migtask_posix_resolver *resolver, migtask_view name,
                            migtask_posix_address found[MIGTASK_POSIX_ADDRESSES], uint8_t *count)
{
    *count = 0;
    memset(resolver, 0, sizeof *resolver);
    if (name.len > 0 && name.ptr[name.len - 1] == '.') {
        name.len--; /* there are no search lists here that it would keep out */
    }
    if (name.len == 0 || name.len >= DNS_MAX_NAME_LENGTH) {
        return MIGTASK_POSIX_NAME_UNKNOWN;
    }
    resolver->name = name;
    resolver->waiting = (1u << MIGTASK_LWIP_FAMILIES) - 1;
    resolver->searching = true;
    return migtask_posix_resolve_poll(resolver, found, count);
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
    *count = 0;
    if (!resolver->searching) {
        return MIGTASK_POSIX_RESOLVER_FAILED;
    }
    for (uint8_t i = 0; i < MIGTASK_LWIP_FAMILIES; i++) {
        look(resolver, i, found, count);
    }
    if (resolver->waiting != 0 || resolver->lookups[0] != 0 || resolver->lookups[1] != 0) {
        return MIGTASK_POSIX_RESOLVING;
    }
    resolver->searching = false;
    /* lwIP does not tell whether there is no such name or no answer. */
    return resolver->found ? MIGTASK_POSIX_RESOLVED : MIGTASK_POSIX_NO_ANSWER;
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
