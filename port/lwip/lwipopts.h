/*
 * lwipopts.h - lwIP 2.2 for a board without an operating system: one TLS call at a time over
 * Ethernet, IPv4 by DHCP, DNS, SNTP; static pools only, no libc heap.
 *
 * What a profile changes are the macros MIGTASK_LWIP_*, set like those of core/migtask_config.h:
 * -D, a header named by MIGTASK_CONFIG_FILE, or the defaults here, which are those of the *full*
 * profile. Options of lwIP that are not set here can be given the same way. port/README.md has
 * figures.
 */
#ifndef MIGTASK_LWIPOPTS_H
#define MIGTASK_LWIPOPTS_H

#include <stdint.h>

#include "migtask_config.h"

/* ---------------------------------------------------------------------------------------------
 * What a profile changes.
 */

/* Bytes of the largest TCP segment. 1460 fills an Ethernet frame; 536 is what every network carries
 * and needs half of the memory. */
#ifndef MIGTASK_LWIP_MSS
#define MIGTASK_LWIP_MSS 1460
#endif
#if MIGTASK_LWIP_MSS < 536 || MIGTASK_LWIP_MSS > 1460
#error "MIGTASK_LWIP_MSS must be 536..1460"
#endif

/* Segments that the peer may send before we read: speed is this much a round trip. More than 6 of
 * 1460 bytes overrun the receive memory of small Ethernet controllers (LAN9118: 10,560 bytes),
 * which drop frames silently. RAM: in MIGTASK_LWIP_BUFFERS. */
#ifndef MIGTASK_LWIP_WINDOW
#define MIGTASK_LWIP_WINDOW 4
#endif
#if MIGTASK_LWIP_WINDOW < 2 || MIGTASK_LWIP_WINDOW > 6
#error "MIGTASK_LWIP_WINDOW must be 2..6"
#endif

/* Bytes of one buffer for received frames; a frame takes as many as it needs, chained. */
#ifndef MIGTASK_LWIP_BUFFER
#define MIGTASK_LWIP_BUFFER 256
#endif
#if MIGTASK_LWIP_BUFFER < 128 || MIGTASK_LWIP_BUFFER > 1536 || MIGTASK_LWIP_BUFFER % 8 != 0
#error "MIGTASK_LWIP_BUFFER must be a multiple of 8 in 128..1536"
#endif

/* How many of them: by default a window of full frames and four more. RAM: MIGTASK_LWIP_BUFFER and
 * 16 bytes each. */
#ifndef MIGTASK_LWIP_BUFFERS
#define MIGTASK_LWIP_BUFFERS                                                                       \
    (MIGTASK_LWIP_WINDOW *                                                                         \
         ((MIGTASK_LWIP_MSS + 54 + MIGTASK_LWIP_BUFFER - 1) / MIGTASK_LWIP_BUFFER) +               \
     4)
#endif

/* Bytes that may be sent and not yet acknowledged. RAM: as much of MIGTASK_LWIP_HEAP. */
#ifndef MIGTASK_LWIP_SEND
#define MIGTASK_LWIP_SEND (2 * MIGTASK_LWIP_MSS)
#endif

/* Segments in which they may lie. RAM: 88 bytes each, of MIGTASK_LWIP_HEAP too. */
#ifndef MIGTASK_LWIP_SEGMENTS
#define MIGTASK_LWIP_SEGMENTS 6
#endif
#if MIGTASK_LWIP_SEGMENTS < 4 || MIGTASK_LWIP_SEGMENTS > 32
#error "MIGTASK_LWIP_SEGMENTS must be 4..32"
#endif

/* Bytes of memory for what is sent: lwIP's own heap, a static array (the libc heap is never used).
 * By default the two above, and 512 for acknowledgements, ARP, DNS and DHCP. Without those a full
 * send buffer holds up what is received, and calls stall for seconds. */
#ifndef MIGTASK_LWIP_HEAP
#define MIGTASK_LWIP_HEAP                                                                          \
    (MIGTASK_LWIP_SEND + MIGTASK_LWIP_SEGMENTS * (22 * MEM_ALIGNMENT + 20 * MIGTASK_LWIP_IPV6) +   \
     128 * MEM_ALIGNMENT)
#endif

/* TCP connections: one that is open in each family, and one that lingers after its close. A new
 * connection takes the place of one in TIME-WAIT. RAM: 150 bytes each. */
#ifndef MIGTASK_LWIP_PCBS
#define MIGTASK_LWIP_PCBS (2 + MIGTASK_LWIP_IPV6)
#endif

/* Whether segments that come out of order are kept (1) or dropped (0). Kept, a lost segment costs
 * one retransmission instead of a window of them. RAM: none, it uses MIGTASK_LWIP_BUFFERS. Flash:
 * 1 KB. */
#ifndef MIGTASK_LWIP_OUT_OF_ORDER
#define MIGTASK_LWIP_OUT_OF_ORDER 1
#endif

/* IPv6 beside IPv4, by router advertisements: 1 yes, 0 no. RAM: 1.8 KB. Flash: 12.7 KB. */
#ifndef MIGTASK_LWIP_IPV6
#define MIGTASK_LWIP_IPV6 0
#endif

/* SNTP for lwip_clock.c: 1 yes, 0 no (the board sets the time). RAM: 260 bytes. Flash: 1.5 KB. */
#ifndef MIGTASK_LWIP_SNTP
#define MIGTASK_LWIP_SNTP 1
#endif

/* Bytes of the longest host name with its NUL; a longer one cannot be looked up.
 * RAM: 1 byte a byte of each look-up (2, and 1 for SNTP). */
#ifndef MIGTASK_LWIP_NAME
#define MIGTASK_LWIP_NAME 128
#endif
#if MIGTASK_LWIP_NAME < 32 || MIGTASK_LWIP_NAME > 256
#error "MIGTASK_LWIP_NAME must be 32..256"
#endif

/* Whether lwIP checks its own assumptions (1) and calls migtask_assert_failed() when one is wrong.
 * Flash: 2.4 KB. */
#ifndef MIGTASK_LWIP_ASSERTIONS
#define MIGTASK_LWIP_ASSERTIONS 1
#endif
#if !MIGTASK_LWIP_ASSERTIONS
#define LWIP_NOASSERT 1
#endif

/* Counts of what is used and what went wrong, for tests: 1 yes, 0 no. */
#ifndef LWIP_STATS
#define LWIP_STATS 0
#endif

/* ---------------------------------------------------------------------------------------------
 * System: no threads, everything called from one loop, nothing from interrupts. A driver whose
 * interrupt takes pbufs needs SYS_LIGHTWEIGHT_PROT 1 and sys_arch_protect().
 */
#define NO_SYS 1
#ifndef SYS_LIGHTWEIGHT_PROT
#define SYS_LIGHTWEIGHT_PROT 0
#endif
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_CALLBACK_API 1

/* Memory: pools and a heap of lwIP's own, all static. */
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0
#if UINTPTR_MAX > 0xffffffffu
#define MEM_ALIGNMENT 8
#else
#define MEM_ALIGNMENT 4
#endif
#define MEM_SIZE MIGTASK_LWIP_HEAP
#define PBUF_POOL_SIZE MIGTASK_LWIP_BUFFERS
#define PBUF_POOL_BUFSIZE MIGTASK_LWIP_BUFFER
#define MEMP_NUM_PBUF 2 /* references to memory elsewhere: nothing here makes any */
#define MEMP_NUM_TCP_PCB MIGTASK_LWIP_PCBS
#define MEMP_NUM_TCP_PCB_LISTEN 1                                    /* 0 does not compile */
#define MEMP_NUM_UDP_PCB (2 + MIGTASK_LWIP_SNTP + MIGTASK_LWIP_IPV6) /* DHCP, DNS, SNTP */
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2 * MIGTASK_LWIP_SNTP)

/* ---------------------------------------------------------------------------------------------
 * Network: one Ethernet interface.
 */
#define LWIP_SINGLE_NETIF 1
#define LWIP_NETIF_STATUS_CALLBACK 0
#define LWIP_NETIF_LINK_CALLBACK 0
#ifndef LWIP_NETIF_HOSTNAME
#define LWIP_NETIF_HOSTNAME 0
#endif
#define ETH_PAD_SIZE 0
#define ARP_TABLE_SIZE 4
/* Two packets wait for an address: of one alone the second question to a name server would replace
 * the first. */
#define ARP_QUEUEING 1
#define ARP_QUEUE_LEN 2
#define MEMP_NUM_ARP_QUEUE 4
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
#define LWIP_IPV4 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_IPV6 MIGTASK_LWIP_IPV6
#define LWIP_IPV6_NUM_ADDRESSES 3
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_FRAG 0
#define LWIP_IPV6_SCOPES 0 /* one interface */
#define LWIP_ND6_NUM_NEIGHBORS 4
#define LWIP_ND6_NUM_DESTINATIONS 4
#define LWIP_ND6_NUM_PREFIXES 2
#define LWIP_ND6_NUM_ROUTERS 2
#define MEMP_NUM_ND6_QUEUE 4
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS (MIGTASK_LWIP_IPV6 ? DNS_MAX_SERVERS : 0)

/* DHCP. Probing the address before using it would take seconds of each start. */
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_DHCP_BOOTP_FILE 0
#define LWIP_DHCP_GET_NTP_SRV MIGTASK_LWIP_SNTP
#define LWIP_DHCP_MAX_NTP_SERVERS 1
#define LWIP_AUTOIP 0

/* DNS: one name at a time in each family, and the time server's. Answers are kept as long as they
 * say. Forged ones are made hard by random ids and ports. */
#define LWIP_DNS 1
#define DNS_TABLE_SIZE (1 + MIGTASK_LWIP_IPV6 + MIGTASK_LWIP_SNTP)
#define DNS_MAX_NAME_LENGTH MIGTASK_LWIP_NAME
#define DNS_MAX_SERVERS 2
#define DNS_MAX_SOURCE_PORTS 1
#define LWIP_DNS_SUPPORT_MDNS_QUERIES 0

/* ---------------------------------------------------------------------------------------------
 * TCP.
 */
#define TCP_MSS MIGTASK_LWIP_MSS
#define TCP_WND (MIGTASK_LWIP_WINDOW * MIGTASK_LWIP_MSS)
#define TCP_SND_BUF MIGTASK_LWIP_SEND
#define TCP_SND_QUEUELEN MIGTASK_LWIP_SEGMENTS
#define MEMP_NUM_TCP_SEG (TCP_SND_QUEUELEN + (MIGTASK_LWIP_OUT_OF_ORDER ? MIGTASK_LWIP_WINDOW : 0))
/* lwIP's default of 3 s makes calls take up to 21 s where one frame of 20 is lost (RFC 6298: 1 s).
 */
#define LWIP_TCP_RTO_TIME 1000
#define TCP_QUEUE_OOSEQ MIGTASK_LWIP_OUT_OF_ORDER
#define TCP_OOSEQ_MAX_PBUFS (MIGTASK_LWIP_BUFFERS / 2) /* the missing segment needs room too */
#define TCP_LISTEN_BACKLOG 0
#define LWIP_ALTCP 0
/* Nobody can guess where the sequence numbers of a connection begin (RFC 6528 in short). */
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) LWIP_RAND()
/* lwIP counts a whole frame for each buffer here, but frames are chained of several. */
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1
#if MIGTASK_LWIP_BUFFERS * MIGTASK_LWIP_BUFFER < TCP_WND + 54 * MIGTASK_LWIP_WINDOW
#error "MIGTASK_LWIP_BUFFERS are too few for the window"
#endif
#if TCP_SND_BUF < 2 * TCP_MSS
#error "MIGTASK_LWIP_SEND must be two segments at least"
#endif

/* ---------------------------------------------------------------------------------------------
 * SNTP, see lwip_clock.c. The first question goes out at once; the next after 2, 3, 5, 9, ...
 * seconds. The answer must repeat the 64 random bits of the question.
 */
#define SNTP_SERVER_DNS 1
#define SNTP_STARTUP_DELAY 0
#define SNTP_CHECK_RESPONSE 2
#define SNTP_RECV_TIMEOUT 1000
#define SNTP_RETRY_TIMEOUT 1000
#define SNTP_RETRY_TIMEOUT_MAX 64000
#define SNTP_MONITOR_SERVER_REACHABILITY 0
#define SNTP_GET_SYSTEM_TIME_NTP(sec, frac) ((sec) = (s32_t)LWIP_RAND(), (frac) = LWIP_RAND())
#define SNTP_SET_SYSTEM_TIME_NTP(sec, frac) migtask_lwip_time_answer(sec)
void migtask_lwip_time_answer(int32_t since_2036);

#endif
