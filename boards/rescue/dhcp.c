#define _GNU_SOURCE 1

#include "dhcp.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define FIRST_PAUSE_MS 1000 /* then doubled */

/* Where things stand in a message (RFC 2131, section 2). */
enum {
    AT_XID = 4,
    AT_FLAGS = 10,
    AT_YIADDR = 16,
    AT_CHADDR = 28,
    AT_MAGIC = 236,
    AT_OPTIONS = 240,
    SMALLEST = 300, /* some relays drop shorter ones */
    LARGEST = 1500
};
enum { HARDWARE_LEN = 6, BOOTREQUEST = 1, BOOTREPLY = 2, ETHERNET = 1 };
/* RFC 2132. */
enum {
    OPTION_PAD = 0,
    OPTION_NETMASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_WANTED = 50,
    OPTION_KIND = 53,
    OPTION_SERVER = 54,
    OPTION_LIST = 55,
    OPTION_END = 255
};
enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6 };

static const uint8_t magic[4] = {99, 130, 83, 99};

struct talk {
    int fd;
    uint8_t hardware[HARDWARE_LEN];
    uint8_t xid[4];
    struct in_addr server; /* whose offer we take */
    struct lease lease;
};

static int64_t now_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint8_t *put_option(uint8_t *at, uint8_t option, const void *value, uint8_t len)
{
    *at++ = option;
    *at++ = len;
    memcpy(at, value, len);
    return at + len;
}

static void send_message(const struct talk *talk, uint8_t kind)
{
    static const uint8_t list[] = {OPTION_NETMASK, OPTION_ROUTER, OPTION_DNS};
    uint8_t message[SMALLEST] = {BOOTREQUEST, ETHERNET, HARDWARE_LEN};
    struct sockaddr_in all = {.sin_family = AF_INET,
                              .sin_port = htons(SERVER_PORT),
                              .sin_addr = {htonl(INADDR_BROADCAST)}};
    memcpy(message + AT_XID, talk->xid, sizeof talk->xid);
    message[AT_FLAGS] = 0x80; /* answer by broadcast: we cannot hear anything else yet */
    memcpy(message + AT_CHADDR, talk->hardware, HARDWARE_LEN);
    memcpy(message + AT_MAGIC, magic, sizeof magic);
    uint8_t *at = put_option(message + AT_OPTIONS, OPTION_KIND, &kind, 1);
    at = put_option(at, OPTION_LIST, list, sizeof list);
    if (kind == REQUEST) {
        at = put_option(at, OPTION_WANTED, &talk->lease.address, 4);
        at = put_option(at, OPTION_SERVER, &talk->server, 4);
    }
    *at = OPTION_END;
    (void)sendto(talk->fd, message, sizeof message, 0, (struct sockaddr *)&all, sizeof all);
}

/* The first address of an option that holds a list of them. */
static void take_address(struct in_addr *address, const uint8_t *value, size_t len, size_t index)
{
    if (len >= (index + 1) * 4) {
        memcpy(address, value + index * 4, 4);
    }
}

/* Reads a server's message; returns its kind, 0 if it is not one for us. */
static uint8_t read_message(const struct talk *talk, const uint8_t *message, size_t len,
                            struct lease *lease, struct in_addr *server)
{
    uint8_t kind = 0;
    memset(lease, 0, sizeof *lease);
    if (len < AT_OPTIONS || message[0] != BOOTREPLY ||
        memcmp(message + AT_XID, talk->xid, sizeof talk->xid) != 0 ||
        memcmp(message + AT_CHADDR, talk->hardware, HARDWARE_LEN) != 0 ||
        memcmp(message + AT_MAGIC, magic, sizeof magic) != 0) {
        return 0;
    }
    memcpy(&lease->address, message + AT_YIADDR, 4);
    for (size_t at = AT_OPTIONS; at < len && message[at] != OPTION_END;) {
        uint8_t option = message[at++];
        if (option == OPTION_PAD) {
            continue;
        }
        if (at == len || message[at] > len - at - 1) {
            return 0; /* cut */
        }
        size_t size = message[at++];
        const uint8_t *value = message + at;
        at += size;
        if (option == OPTION_KIND && size == 1) {
            kind = *value;
        } else if (option == OPTION_SERVER) {
            take_address(server, value, size, 0);
        } else if (option == OPTION_NETMASK) {
            take_address(&lease->netmask, value, size, 0);
        } else if (option == OPTION_ROUTER) {
            take_address(&lease->gateway, value, size, 0);
        } else if (option == OPTION_DNS) {
            take_address(&lease->dns[0], value, size, 0);
            take_address(&lease->dns[1], value, size, 1);
        }
    }
    return kind;
}

/* Waits until `until` for a message of one of two kinds; returns which, 0 if none came. */
static uint8_t wait_for(struct talk *talk, uint8_t one, uint8_t other, int64_t until)
{
    static uint8_t message[LARGEST];
    for (int64_t left = until - now_ms(); left > 0; left = until - now_ms()) {
        struct pollfd watched = {.fd = talk->fd, .events = POLLIN};
        if (poll(&watched, 1, (int)left) <= 0) {
            continue;
        }
        struct lease lease;
        struct in_addr server = {0};
        ssize_t len = recv(talk->fd, message, sizeof message, MSG_DONTWAIT);
        uint8_t kind = len > 0 ? read_message(talk, message, (size_t)len, &lease, &server) : 0;
        if (kind != 0 && (kind == one || kind == other)) {
            if (kind != NAK) {
                talk->lease = lease;
                talk->server = server;
            }
            return kind;
        }
    }
    return 0;
}

/* DISCOVER, OFFER, REQUEST, ACK; what is lost is asked for again, from the start. */
static bool talk_until(struct talk *talk, int64_t end)
{
    for (int64_t pause = FIRST_PAUSE_MS; now_ms() < end; pause *= 2) {
        int64_t now = now_ms();
        int64_t until = now + pause < end ? now + pause : end;
        send_message(talk, DISCOVER);
        if (wait_for(talk, OFFER, OFFER, until) != OFFER) {
            continue;
        }
        send_message(talk, REQUEST);
        now = now_ms();
        until = now + pause < end ? now + pause : end;
        if (wait_for(talk, ACK, NAK, until) == ACK && talk->lease.address.s_addr != 0) {
            return true;
        }
    }
    return false;
}

static bool open_talk(struct talk *talk, const char *device)
{
    struct ifreq request = {.ifr_ifindex = 0};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(CLIENT_PORT)};
    int one = 1;
    memset(talk, 0, sizeof *talk);
    talk->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)snprintf(request.ifr_name, IFNAMSIZ, "%s", device);
    if (talk->fd < 0 || ioctl(talk->fd, SIOCGIFHWADDR, &request) != 0 ||
        setsockopt(talk->fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) != 0 ||
        setsockopt(talk->fd, SOL_SOCKET, SO_BINDTODEVICE, &request, sizeof request) != 0 ||
        bind(talk->fd, (struct sockaddr *)&any, sizeof any) != 0) {
        return false;
    }
    memcpy(talk->hardware, request.ifr_hwaddr.sa_data, HARDWARE_LEN);
    /* Unique on this network is all it has to be, and it must not wait for entropy. */
    memcpy(talk->xid, talk->hardware + HARDWARE_LEN - sizeof talk->xid, sizeof talk->xid);
    (void)getrandom(talk->xid, sizeof talk->xid, GRND_NONBLOCK);
    return true;
}

bool dhcp_ask(const char *device, struct lease *lease)
{
    struct talk talk;
    bool good = open_talk(&talk, device) && talk_until(&talk, now_ms() + DHCP_WAIT_MS);
    *lease = talk.lease;
    if (good && lease->netmask.s_addr == 0) {
        lease->netmask.s_addr = htonl(0xFFFFFF00); /* a server that gives none */
    }
    if (talk.fd >= 0) {
        (void)close(talk.fd);
    }
    return good;
}
