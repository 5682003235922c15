#define _GNU_SOURCE 1

#include "phrases.h"

#include <errno.h>

#include "sockets.h"

/* None of these says "try again": only the outcome of the call can. */
struct phrase {
    int cause;
    uint8_t rank; /* of the failures of several addresses the highest is told */
    const char *before;
    const char *after; /* NULL: that it failed, and the cause as a number */
};

#define RANK_OTHER 3
#define OBJECT_MAX 100 /* bytes of a name that are shown */

static const struct phrase connecting[] = {
    {ECONNREFUSED, 7, "connection refused by ",
     ": is the port right, and is the service there running?"},
    {ECONNRESET, 6, "the connection was cut while being opened by ",
     " or something on the way: does a firewall or proxy stand in between?"},
    {ETIMEDOUT, 5, "no answer from ",
     ": is the address right, and does a firewall on the way drop the connection?"},
    {EHOSTUNREACH, 4, "no way to ",
     ": that machine is down, or a firewall or router on the way rejects the connection"},
    {EACCES, 4, "not allowed to connect to ",
     ": a firewall rule, of this machine or on the way, forbids it"},
    {EPERM, 4, "not allowed to connect to ",
     ": a firewall rule or security policy of this machine forbids it"},
    {EMFILE, RANK_OTHER, "cannot connect to ",
     ": this process has too many files open (see its limit of open files)"},
    {ENFILE, RANK_OTHER, "cannot connect to ", ": this machine has too many files open"},
    {ENOMEM, RANK_OTHER, "cannot connect to ", ": this machine is out of memory"},
    {ENOBUFS, RANK_OTHER, "cannot connect to ", ": this machine is out of network memory"},
    {ENETUNREACH, 2, "no route to the network of ",
     ": is the network up, with an address and a default route, or does a firewall reject it?"},
    {EADDRNOTAVAIL, 1, "this machine has no address of its own to reach ", ": is the network up?"},
    {EINVAL, 1, "this machine has no route that leads to ",
     ": a link-local address needs its interface, as in [fe80::1%eth0]; any other is kept out "
     "by a route"},
    {ENODEV, 1, "the network interface is gone for ", ": is it plugged in, and its driver loaded?"},
    {ENXIO, 1, "the network interface is gone for ", ": is it plugged in, and its driver loaded?"},
    {EAFNOSUPPORT, 1, "this machine lacks the kind of network (IPv4 or IPv6) for ",
     ": use an address of the other kind"},
    {0, RANK_OTHER, "connecting to ", NULL},
};

static const struct phrase losing[] = {
    {ECONNRESET, 0, "the connection was reset by ",
     " or something on the way: see the log of the service, proxy or firewall there"},
    {EPIPE, 0, "the connection was closed by ",
     " before all was sent: see the log of the service or proxy there"},
    {ETIMEDOUT, 0, "the connection died: no more answers from ", ": was the network interrupted?"},
    {ECONNABORTED, 0, "the connection died: no more answers from ",
     ": was the network interrupted?"},
    {EHOSTUNREACH, 0, "the connection died: no more route to ", ": was the network interrupted?"},
    {ENETUNREACH, 0, "the connection died: no more route to ", ": was the network interrupted?"},
    {0, 0, "the connection to ", NULL},
};

#define SPELLED ": is it spelled right, and does the name server in use know it?"

static const struct phrase resolving[] = {
    {MIGTASK_POSIX_NAME_UNKNOWN, 0, "there is no such name as ", SPELLED},
    {MIGTASK_POSIX_NO_ADDRESS, 0, "there is no address for the name ", SPELLED},
    {MIGTASK_POSIX_NO_ANSWER, 0, "no name server gave an answer for ",
     ", or it refused or failed: is the network up, and is the right name server set "
     "(/etc/resolv.conf)?"},
    {0, 0, "this machine could not look up the name ",
     ": is it out of memory, processes or files? An address needs no look-up"},
};

static const struct phrase no_interface = {
    0, 0, "this machine has no network interface as named in ",
    ": are its driver loaded and its name right (see ip link)?"};

/* What is said of a cause; the last phrase is for all that the others do not name. */
static const struct phrase *find(const struct phrase *phrase, int cause)
{
    while (phrase->cause != cause && phrase->cause != 0) {
        phrase++;
    }
    return phrase;
}

static void say(migtask_posix_text *text, const struct phrase *phrases, int cause,
                migtask_view object)
{
    const struct phrase *phrase = find(phrases, cause);

    migtask_posix_text_add(text, phrase->before);
    if (object.len > OBJECT_MAX) {
        object.len = OBJECT_MAX;
        migtask_posix_text_view(text, object);
        migtask_posix_text_add(text, "...");
    } else {
        migtask_posix_text_view(text, object);
    }
    if (phrase->after != NULL) {
        migtask_posix_text_add(text, phrase->after);
    } else {
        migtask_posix_text_add(text, " failed with system error ");
        migtask_posix_text_number(text, (uint32_t)cause);
    }
}

unsigned migtask_posix_connect_rank(int error)
{
    return find(connecting, error)->rank;
}

void migtask_posix_say_connect(migtask_posix_text *text, int error, migtask_view peer)
{
    say(text, connecting, error, peer);
}

void migtask_posix_say_lost(migtask_posix_text *text, int error, migtask_view peer)
{
    say(text, losing, error, peer);
}

void migtask_posix_say_resolve(migtask_posix_text *text, migtask_posix_resolve_status status,
                               migtask_view name)
{
    say(text, resolving, (int)status, name);
}

void migtask_posix_say_no_interface(migtask_posix_text *text, migtask_view address)
{
    say(text, &no_interface, 0, address);
}
