# The programs of tests/lwip, by `make -f tests/lwip.mk`: lwIP compiled for this machine, with core,
# TLS and port/lwip on top and libslirp as the network, under ASan and UBSan. `make -f tests/lwip.mk
# run` runs their tests.
#
#   calls       without an operating system, the options of port/lwip/lwipopts.h as they are
#   calls-small the same, as little memory as possible
#   calls-tight less memory than that, so that it runs out
#   calls-ipv6  the same with IPv6 besides
#   sockets, sockets-ipv6   with threads: port/posix over lwIP's sockets, on its port to Unix

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
PYTHON ?= python3
MBEDTLS_DIR ?= build/deps/mbedtls
LWIP_DIR ?= build/deps/lwip
JSMN_DIR ?= build/deps/jsmn
OUT := build/tests/lwip
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.SECONDARY:

include port/lwip/sources.mk
include port/mbedtls/sources.mk

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
COMMON := -std=gnu11 -O1 -g $(SANITIZE) -Icore -Iport/mbedtls \
	-DMBEDTLS_CONFIG_FILE='"mbedtls_profile.h"'
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wvla -Werror
# lwIP's own checks on; its byte order macros and casts are not ours to judge.
COUNTED := -DLWIP_STATS=1 -DMEMP_OVERFLOW_CHECK=1 -DMEM_OVERFLOW_CHECK=1 \
	-DMIGTASK_LWIP_CLOCK_FLOOR=1700000000

OPTIONS_calls :=
OPTIONS_calls-small := -DMIGTASK_LWIP_MSS=536 -DMIGTASK_LWIP_WINDOW=2 -DMIGTASK_LWIP_BUFFER=304 \
	-DMIGTASK_LWIP_OUT_OF_ORDER=0 -DMIGTASK_LWIP_NAME=64
OPTIONS_calls-tight := $(OPTIONS_calls-small) -DMIGTASK_LWIP_HEAP=1300 \
	-DMIGTASK_LWIP_BUFFERS=4 -DMIGTASK_LWIP_PCBS=1
OPTIONS_calls-ipv6 := -DMIGTASK_LWIP_IPV6=1
OPTIONS_sockets-ipv6 := -DSOCKETS_IPV6
VARIANTS := calls calls-small calls-tight calls-ipv6
THREADED := sockets sockets-ipv6

.PHONY: build run lint
build: $(patsubst %,$(OUT)/%,$(VARIANTS) $(THREADED))

run: build
	@$(PYTHON) tests/lwip/run.py

# What does not depend on lwIP's options.
SHARED := $(patsubst %.c,$(OUT)/%.o,$(wildcard core/*.c port/mbedtls/*.c) tests/lwip/test_network.c \
	tests/lwip/answers.c tests/lwip/orders.c) $(patsubst %.c,$(OUT)/mbedtls/%.o,$(MBEDTLS_FAST_SOURCES) \
	$(MBEDTLS_SMALL_SOURCES))

$(OUT)/libshared.a: $(SHARED)
	@rm -f $@ && ar rcs $@ $(SHARED)

$(OUT)/%.o: %.c tests/lwip.mk
	@mkdir -p $(@D)
	@$(CC) $(COMMON) $(WARNINGS) -isystem $(MBEDTLS_DIR)/include -isystem $(JSMN_DIR) $(CFLAGS) \
		-MMD -MP -c $< -o $@

$(OUT)/mbedtls/%.o: tests/lwip.mk port/mbedtls/mbedtls_profile.h port/mbedtls/migtask_tls_config.h
	@mkdir -p $(@D)
	@$(CC) $(COMMON) -w -I$(MBEDTLS_DIR)/include -I$(MBEDTLS_DIR)/library \
		$(CFLAGS) -c $(call mbedtls_file,$*.c) -o $@

PORT_MBEDTLS := port/mbedtls

# One variant: lwIP, the port and the program, each with the variant's options.
define variant
$(1)_OBJECTS := $(patsubst %.c,$(OUT)/$(1).o/lwip/%.o,$(LWIP_SOURCES)) \
	$(patsubst %.c,$(OUT)/$(1).o/%.o,$(wildcard port/lwip/*.c) tests/lwip/calls.c)

$(OUT)/$(1): $$($(1)_OBJECTS) $(OUT)/libshared.a
	@$(CC) $(COMMON) $$^ -lslirp -o $$@

$(OUT)/$(1).o/lwip/%.o: tests/lwip.mk port/lwip/lwipopts.h port/lwip/arch/cc.h
	@mkdir -p $$(@D)
	@$(CC) $(COMMON) -w -Iport/lwip -I$(LWIP_DIR)/src/include $(COUNTED) $(OPTIONS_$(1)) \
		$$(CFLAGS) -c $(LWIP_DIR)/$$*.c -o $$@

$(OUT)/$(1).o/%.o: %.c tests/lwip.mk port/lwip/lwipopts.h port/lwip/arch/cc.h
	@mkdir -p $$(@D)
	@$(CC) $(COMMON) $(WARNINGS) -Iport/lwip -isystem $(LWIP_DIR)/src/include \
		-isystem $(MBEDTLS_DIR)/include $(COUNTED) $(OPTIONS_$(1)) $$(CFLAGS) -MMD -MP -c $$< -o $$@
endef
$(foreach name,$(VARIANTS),$(eval $(call variant,$(name))))

# With threads: lwIP's sockets and its port to Unix, none of port/lwip's options.
UNIX := contrib/ports/unix/port
THREADED_SOURCES := $(UNIX)/sys_arch.c $(patsubst %,src/core/%.c,ipv4/ip4_frag ipv6/ip6_frag) \
	$(patsubst %,src/api/%.c,api_lib api_msg err if_api netbuf netdb netifapi sockets tcpip)
THREADED_OURS := $(patsubst %,port/posix/%.c,tcp addresses phrases waiting text clock) \
	port/lwip/lookup.c port/lwip/lwip_resolve.c tests/lwip/sockets.c

# lwIP wants a file of this name; that in port/lwip is of the other way.
SOCKET_OPTIONS := $(OUT)/sockets.h/lwipopts.h
$(SOCKET_OPTIONS): tests/lwip/socket_options.h
	@mkdir -p $(@D) && echo '#include "socket_options.h"' >$@

define threaded
$(1)_FLAGS := -DMIGTASK_POSIX_LWIP -DLWIP_STATS=1 -Itests/lwip -I$(OUT)/sockets.h \
	-Iport/posix $(OPTIONS_$(1))
$(1)_OBJECTS := $(patsubst %.c,$(OUT)/$(1).o/lwip/%.o,$(LWIP_SOURCES) $(THREADED_SOURCES)) \
	$(patsubst %.c,$(OUT)/$(1).o/%.o,$(THREADED_OURS))

$(OUT)/$(1): $$($(1)_OBJECTS) $(OUT)/libshared.a
	@$(CC) $(COMMON) $$^ -lslirp -lpthread -o $$@

$(OUT)/$(1).o/lwip/%.o: tests/lwip.mk $(SOCKET_OPTIONS)
	@mkdir -p $$(@D)
	@$(CC) $(COMMON) -w $$($(1)_FLAGS) -I$(LWIP_DIR)/src/include -I$(LWIP_DIR)/$(UNIX)/include \
		$$(CFLAGS) -c $(LWIP_DIR)/$$*.c -o $$@

$(OUT)/$(1).o/%.o: %.c tests/lwip.mk $(SOCKET_OPTIONS)
	@mkdir -p $$(@D)
	@$(CC) $(COMMON) $(WARNINGS) $$($(1)_FLAGS) -isystem $(LWIP_DIR)/src/include \
		-isystem $(LWIP_DIR)/$(UNIX)/include $$(CFLAGS) -MMD -MP -c $$< -o $$@
endef
$(foreach name,$(THREADED),$(eval $(call threaded,$(name))))

# clang-tidy over port/lwip and what is here, each with its own flags.
TIDY = clang-tidy --quiet $(1) -- -std=gnu11 -Icore -Iport/mbedtls \
	-DMBEDTLS_CONFIG_FILE='"mbedtls_profile.h"' -isystem $(MBEDTLS_DIR)/include \
	-isystem $(LWIP_DIR)/src/include $(COUNTED)
lint: $(SOCKET_OPTIONS)
	@$(call TIDY,$(filter-out %/lwip_resolve.c,$(wildcard port/lwip/*.c)) \
		$(filter-out %/sockets.c,$(wildcard tests/lwip/*.c))) -Iport/lwip -DMIGTASK_LWIP_IPV6=1 2>/dev/null
	@$(call TIDY,$(THREADED_OURS)) -DMIGTASK_POSIX_LWIP -Itests/lwip -I$(OUT)/sockets.h \
		-Iport/posix -DSOCKETS_IPV6 \
		-isystem $(LWIP_DIR)/$(UNIX)/include 2>/dev/null

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
