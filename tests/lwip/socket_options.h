/*
 * socket_options.h - lwIP with an operating system, as port/posix needs it: lwIP's defaults and
 * what is here, by way of a lwipopts.h that tests/lwip.mk writes. SOCKETS_IPV6 switches IPv6 on.
 */
#ifndef SOCKET_OPTIONS_H
#define SOCKET_OPTIONS_H

#define NO_SYS 0
#define LWIP_SOCKET 1
#define LWIP_NETCONN 1
#define LWIP_NETIF_API 1
#define LWIP_COMPAT_SOCKETS 0 /* the names of POSIX are not needed */
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_DNS 1
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#ifdef SOCKETS_IPV6
#define LWIP_IPV6 1
#define IPV6_FRAG_COPYHEADER 1 /* pointers of 64 bits */
#endif

#define MEM_ALIGNMENT 8
#define MEM_SIZE 65536
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define MEMP_NUM_TCP_SEG 32
#define PBUF_POOL_SIZE 32
#define LWIP_TCP_RTO_TIME 1000
#define TCPIP_MBOX_SIZE 64
#define DEFAULT_TCP_RECVMBOX_SIZE 64
#define DEFAULT_UDP_RECVMBOX_SIZE 16
#define DEFAULT_ACCEPTMBOX_SIZE 16

#endif
