#define _GNU_SOURCE 1

#include "bring_up.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dhcp.h"

/* For a driver to find its device, and for the other end of the cable. */
#define LINK_WAIT_MS 10000
#define IPV6_WAIT_MS                                                                               \
    8000 /* for a router's advertisement, and to see that nobody has the address                   \
          */
#define STEP_MS 20
#define MAX_INDEX 64 /* devices are numbered from 1 */

enum field { CLIENT, SERVER, GATEWAY, NETMASK, HOST, DEVICE, AUTOCONF, DNS0, DNS1, FIELD_COUNT };
enum way { BY_HAND, BY_DHCP, BY_IPV6_ROUTER, NOT_AT_ALL };

struct plan {
    enum way way;
    char device[IFNAMSIZ]; /* empty: any */
    struct lease lease;
};

static bool one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(word, *words) != 0) {
        words++;
    }
    return *words != NULL;
}

/* An absent or empty text is 0.0.0.0. */
static bool read_address(const char *text, struct in_addr *address)
{
    return text == NULL || *text == '\0' || inet_pton(AF_INET, text, address) == 1;
}

static bool read_plan(const char *ip, struct plan *plan)
{
    static const char *const dhcp_words[] = {"dhcp", "on", "any", "both", NULL};
    static const char *const off_words[] = {"off", "none", NULL};
    const char *fields[FIELD_COUNT] = {NULL};
    char text[256];
    char *rest = text;
    memset(plan, 0, sizeof *plan);
    plan->way = BY_DHCP;
    if (ip == NULL || one_of(ip, dhcp_words)) {
        return true;
    }
    if (one_of(ip, off_words)) {
        plan->way = NOT_AT_ALL;
        return true;
    }
    if (strcmp(ip, "auto6") == 0) {
        plan->way = BY_IPV6_ROUTER;
        return true;
    }
    if (snprintf(text, sizeof text, "%s", ip) >= (int)sizeof text) {
        return false;
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        fields[i] = strsep(&rest, ":");
    }
    struct lease *lease = &plan->lease;
    if (!read_address(fields[CLIENT], &lease->address) ||
        !read_address(fields[GATEWAY], &lease->gateway) ||
        !read_address(fields[NETMASK], &lease->netmask) ||
        !read_address(fields[DNS0], &lease->dns[0]) ||
        !read_address(fields[DNS1], &lease->dns[1])) {
        return false;
    }
    if (fields[DEVICE] != NULL &&
        snprintf(plan->device, IFNAMSIZ, "%s", fields[DEVICE]) >= IFNAMSIZ) {
        return false;
    }
    bool asked = fields[AUTOCONF] != NULL && one_of(fields[AUTOCONF], dhcp_words);
    if (lease->address.s_addr != 0 && !asked) {
        plan->way = BY_HAND;
        return lease->netmask.s_addr != 0;
    }
    return true;
}

/* Switches a device on; true once a cable is in it. */
static bool switch_on(int fd, struct ifreq *request)
{
    if (ioctl(fd, SIOCGIFFLAGS, request) != 0) {
        return false;
    }
    bool linked = (request->ifr_flags & IFF_UP) != 0 && (request->ifr_flags & IFF_RUNNING) != 0;
    request->ifr_flags |= IFF_UP;
    return ioctl(fd, SIOCSIFFLAGS, request) == 0 && linked;
}

/* Switches on the device that is wanted, or all, until one has a cable in it that was not tried
 * before (bits of *tried, by its index); that one's name is left in *device. False, and told unless
 * it is a further one, if none has. */
static bool find_link(int fd, char device[IFNAMSIZ], const char *wanted, uint64_t *tried)
{
    bool seen = false;
    int limit = *tried == 0 ? LINK_WAIT_MS : 1;
    for (int passed = 0; passed < limit; passed += STEP_MS) {
        int found = 0;
        for (int index = 1; index <= MAX_INDEX; index++) {
            struct ifreq request = {.ifr_ifindex = index};
            if (ioctl(fd, SIOCGIFNAME, &request) != 0 ||
                (*wanted != '\0' && strcmp(wanted, request.ifr_name) != 0) ||
                ioctl(fd, SIOCGIFHWADDR, &request) != 0 ||
                request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
                continue;
            }
            seen = true;
            bool is_new = (*tried >> (index - 1) & 1) == 0;
            if (switch_on(fd, &request) && is_new && found == 0) {
                found = index;
                (void)snprintf(device, IFNAMSIZ, "%s", request.ifr_name);
            }
        }
        if (found != 0) {
            *tried |= UINT64_C(1) << (found - 1);
            return true;
        }
        (void)usleep(STEP_MS * 1000);
    }
    if (*tried == 0) {
        (void)printf("rescue: network: %s\n",
                     seen              ? "no cable: no Ethernet device says that it has a link"
                     : *wanted != '\0' ? "the device that ip= names is not there"
                                       : "there is no Ethernet device: is its driver in /modules?");
    }
    return false;
}

/* What the kernel is asked about an address of a device. */
static struct ifreq about(const char *device, struct in_addr address)
{
    struct ifreq request = {.ifr_ifindex = 0};
    struct sockaddr_in value = {.sin_family = AF_INET, .sin_addr = address};
    (void)snprintf(request.ifr_name, IFNAMSIZ, "%s", device);
    memcpy(&request.ifr_addr, &value, sizeof value);
    return request;
}

static bool add_route(int fd, struct rtentry *route)
{
    return ioctl(fd, SIOCADDRT, route) == 0 || errno == EEXIST;
}

/* A gateway outside of the netmask (clouds give addresses with the netmask 255.255.255.255) is on
 * the cable all the same: the kernel has to be told so first. */
static bool set_gateway(int fd, const char *device, const struct lease *lease)
{
    char name[IFNAMSIZ];
    struct sockaddr_in any = {.sin_family = AF_INET};
    struct sockaddr_in via = {.sin_family = AF_INET, .sin_addr = lease->gateway};
    struct rtentry direct = {.rt_flags = RTF_UP | RTF_HOST, .rt_dev = name};
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    (void)snprintf(name, sizeof name, "%s", device);
    memcpy(&direct.rt_dst, &via, sizeof via);
    memcpy(&direct.rt_genmask, &any, sizeof any);
    memcpy(&route.rt_dst, &any, sizeof any);
    memcpy(&route.rt_genmask, &any, sizeof any);
    memcpy(&route.rt_gateway, &via, sizeof via);
    bool outside = ((lease->gateway.s_addr ^ lease->address.s_addr) & lease->netmask.s_addr) != 0;
    return (!outside || add_route(fd, &direct)) && add_route(fd, &route);
}

static const char *text_of(struct in_addr address, char *text)
{
    return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

/* The C library asks these. The root file system is memory; one that is read-only has its own. */
static void write_resolv_conf(const struct lease *lease)
{
    char text[INET_ADDRSTRLEN];
    (void)mkdir("/etc", 0755);
    int fd = open("/etc/resolv.conf", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    for (int i = 0; i < 2 && fd >= 0; i++) {
        if (lease->dns[i].s_addr != 0) {
            (void)dprintf(fd, "nameserver %s\n", text_of(lease->dns[i], text));
        }
    }
    (void)close(fd);
}

static void apply(int fd, const char *device, const struct lease *lease)
{
    char address[INET_ADDRSTRLEN];
    char netmask[INET_ADDRSTRLEN];
    char gateway[INET_ADDRSTRLEN];
    char dns[INET_ADDRSTRLEN];
    (void)printf("rescue: network: %s has %s, netmask %s, gateway %s, name server %s\n", device,
                 text_of(lease->address, address), text_of(lease->netmask, netmask),
                 lease->gateway.s_addr != 0 ? text_of(lease->gateway, gateway) : "none",
                 lease->dns[0].s_addr != 0 ? text_of(lease->dns[0], dns) : "none");
    struct ifreq set_address = about(device, lease->address);
    struct ifreq set_netmask = about(device, lease->netmask);
    if (ioctl(fd, SIOCSIFADDR, &set_address) != 0 || ioctl(fd, SIOCSIFNETMASK, &set_netmask) != 0 ||
        (lease->gateway.s_addr != 0 && !set_gateway(fd, device, lease))) {
        (void)printf("rescue: network: the kernel did not take that: %s\n", strerror(errno));
    }
    if (lease->dns[0].s_addr != 0 || lease->dns[1].s_addr != 0) {
        write_resolv_conf(lease);
    }
}

/* The address that packets to the world would have; no packet is sent to find out. */
static bool has_ipv6(char *text)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)inet_pton(AF_INET6, "2001:db8::1", &address.sin6_addr);
    bool good = connect(fd, (struct sockaddr *)&address, len) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
                !IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr) &&
                inet_ntop(AF_INET6, &address.sin6_addr, text, INET6_ADDRSTRLEN) != NULL;
    (void)close(fd);
    return good;
}

/* The kernel does all of it; this waits until it has. */
static void wait_for_ipv6(const char *device)
{
    char text[INET6_ADDRSTRLEN];
    for (int passed = 0; passed < IPV6_WAIT_MS; passed += STEP_MS) {
        if (has_ipv6(text)) {
            (void)printf("rescue: network: %s has %s\n", device, text);
            return;
        }
        (void)usleep(STEP_MS * 1000);
    }
    (void)printf("rescue: network: no IPv6 router answers on %s\n", device);
}

/* Has the kernel done it already? One with CONFIG_IP_PNP and the driver built in does. */
static bool has_address(int fd, const char *device)
{
    struct ifreq request = about(device, (struct in_addr){0});
    return ioctl(fd, SIOCGIFADDR, &request) == 0;
}

void network_up(const char *ip)
{
    struct plan plan;
    if (!read_plan(ip, &plan)) {
        (void)printf("rescue: network: ip=%s is not understood; it is dhcp, auto6, off, or "
                     "ADDRESS::GATEWAY:NETMASK::DEVICE::DNS\n",
                     ip);
        return;
    }
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        (void)printf("rescue: network: %s\n", strerror(errno));
        return;
    }
    (void)printf("rescue: waiting for the network\n");
    char device[IFNAMSIZ];
    uint64_t tried = 0;
    bool done = false;
    while (!done && plan.way != NOT_AT_ALL && find_link(fd, device, plan.device, &tried)) {
        done = true;
        if (plan.way == BY_IPV6_ROUTER) {
            wait_for_ipv6(device);
        } else if (!has_address(fd, device)) {
            done = plan.way == BY_HAND || dhcp_ask(device, &plan.lease);
            if (done) {
                apply(fd, device, &plan.lease);
            } else {
                (void)printf("rescue: network: no DHCP server answers on %s; ip= gives an address "
                             "by hand\n",
                             device);
            }
        }
    }
    (void)close(fd);
}
