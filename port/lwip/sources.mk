# The lwIP 2.2 files that a migtask build without an operating system needs, below $(LWIP_DIR), and
# the folders to find headers in. What a profile does not use is empty after preprocessing or falls
# to --gc-sections, so one list serves all. Compile with -I core, port/lwip and LWIP_INCLUDES.

LWIP_INCLUDES := src/include

LWIP_SOURCES := \
	src/core/def.c \
	src/core/dns.c \
	src/core/inet_chksum.c \
	src/core/init.c \
	src/core/ip.c \
	src/core/mem.c \
	src/core/memp.c \
	src/core/netif.c \
	src/core/pbuf.c \
	src/core/stats.c \
	src/core/tcp.c \
	src/core/tcp_in.c \
	src/core/tcp_out.c \
	src/core/timeouts.c \
	src/core/udp.c \
	src/core/ipv4/dhcp.c \
	src/core/ipv4/etharp.c \
	src/core/ipv4/icmp.c \
	src/core/ipv4/ip4.c \
	src/core/ipv4/ip4_addr.c \
	src/core/ipv6/ethip6.c \
	src/core/ipv6/icmp6.c \
	src/core/ipv6/inet6.c \
	src/core/ipv6/ip6.c \
	src/core/ipv6/ip6_addr.c \
	src/core/ipv6/mld6.c \
	src/core/ipv6/nd6.c \
	src/netif/ethernet.c \
	src/apps/sntp/sntp.c
