#include "lookup.h"

#include <string.h>

#include "lwip/dns.h"
#include "lwip/sys.h"
#if !NO_SYS
#include "lwip/priv/tcpip_priv.h"
#endif

#if !LWIP_DNS
#error "LWIP_DNS must be 1"
#endif

/* lwIP's own name and default for how many look-ups can be under way. */
#ifndef DNS_MAX_REQUESTS
#define DNS_MAX_REQUESTS DNS_TABLE_SIZE
#endif

/* FREE -> ASKED -> ANSWERED -> FREE, or ASKED -> GIVEN_UP -> FREE. */
enum slot_state { FREE, ASKED, ANSWERED, GIVEN_UP };

typedef struct slot {
    ip_addr_t address;
    uint8_t state;
    bool found;
} slot;

/* The process's, as lwIP's table of names is. Protected, since answers come in lwIP's thread. */
static slot slots[DNS_MAX_REQUESTS];

static slot *take_slot(void)
{
    slot *taken = NULL;
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    for (size_t i = 0; i < DNS_MAX_REQUESTS && taken == NULL; i++) {
        if (slots[i].state == FREE) {
            taken = &slots[i];
            taken->state = ASKED;
        }
    }
    SYS_ARCH_UNPROTECT(level);
    return taken;
}

static void free_slot(slot *taken)
{
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    taken->state = FREE;
    SYS_ARCH_UNPROTECT(level);
}

static void answered(const char *name, const ip_addr_t *address, void *arg)
{
    slot *asked = arg;
    SYS_ARCH_DECL_PROTECT(level);

    (void)name;
    SYS_ARCH_PROTECT(level);
    asked->found = address != NULL;
    if (asked->found) {
        asked->address = *address;
    }
    asked->state = asked->state == GIVEN_UP ? FREE : ANSWERED;
    SYS_ARCH_UNPROTECT(level);
}

/* A question for lwIP, asked in its thread if it has one. */
typedef struct question {
#if !NO_SYS
    struct tcpip_api_call_data call; /* the first: lwIP hands back a pointer to it */
#endif
    slot *slot;
    ip_addr_t *address;
    uint8_t family;
    char name[DNS_MAX_NAME_LENGTH];
} question;

static err_t ask(question *what)
{
#if LWIP_IPV4 && LWIP_IPV6
    uint8_t type = what->family == 0 ? LWIP_DNS_ADDRTYPE_IPV6 : LWIP_DNS_ADDRTYPE_IPV4;
#else
    uint8_t type = LWIP_DNS_ADDRTYPE_DEFAULT;
#endif

    return dns_gethostbyname_addrtype(what->name, what->address, answered, what->slot, type);
}

#if NO_SYS

static err_t ask_lwip(question *what)
{
    return ask(what);
}

#else

static err_t ask_in_thread(struct tcpip_api_call_data *call)
{
    return ask((question *)(void *)call);
}

static err_t ask_lwip(question *what)
{
    return tcpip_api_call(ask_in_thread, &what->call);
}

#endif

migtask_lwip_lookup_status migtask_lwip_lookup_start(uint8_t *lookup, migtask_view name,
                                                     uint8_t family, ip_addr_t *address)
{
    question what;
    err_t error;

    *lookup = 0;
    if (name.len >= sizeof what.name) {
        return MIGTASK_LWIP_BAD_NAME;
    }
    memcpy(what.name, name.ptr, name.len);
    what.name[name.len] = '\0';
    what.address = address;
    what.family = family;
    what.slot = take_slot();
    if (what.slot == NULL) {
        return MIGTASK_LWIP_NO_ROOM;
    }
    error = ask_lwip(&what);
    if (error == ERR_INPROGRESS) {
        *lookup = (uint8_t)(what.slot - slots + 1);
        return MIGTASK_LWIP_LOOKING;
    }
    free_slot(what.slot);
    switch (error) {
    case ERR_OK:
        return MIGTASK_LWIP_FOUND;
    case ERR_MEM:
        return MIGTASK_LWIP_NO_ROOM;
    case ERR_VAL:
        return MIGTASK_LWIP_NO_SERVER;
    default:
        return MIGTASK_LWIP_BAD_NAME;
    }
}

migtask_lwip_lookup_status migtask_lwip_lookup_poll(uint8_t *lookup, ip_addr_t *address)
{
    slot *asked = &slots[*lookup - 1];
    bool answer;
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    answer = asked->state == ANSWERED;
    SYS_ARCH_UNPROTECT(level);
    if (!answer) {
        return MIGTASK_LWIP_LOOKING;
    }
    *lookup = 0;
    *address = asked->address;
    answer = asked->found;
    free_slot(asked);
    return answer ? MIGTASK_LWIP_FOUND : MIGTASK_LWIP_NOT_FOUND;
}

void migtask_lwip_lookup_stop(uint8_t *lookup)
{
    slot *asked;
    SYS_ARCH_DECL_PROTECT(level);

    if (*lookup == 0) {
        return;
    }
    asked = &slots[*lookup - 1];
    *lookup = 0;
    SYS_ARCH_PROTECT(level);
    asked->state = asked->state == ANSWERED ? FREE : GIVEN_UP;
    SYS_ARCH_UNPROTECT(level);
}
