# migtask: build, test, install. `make help` lists the targets.
#
# One board is built at a time, into $(OUT). BOARD names a folder of boards/, whose board.mk says
# which ports and flags belong to it. The limits of core/migtask_config.h come from
#   - $(OUT)/.config if `make menuconfig` wrote one there, else
#   - $(CONFIG).defconfig if CONFIG is given (both by way of Kconfig): the board's own, else the one
#     of the set it shares with others; else
#   - the board's own -D flags, for which neither Kconfig nor python is needed (the default).
# `make` says which tools are missing; demo, check, verify, soak and setup install them. NO_SETUP=1
# keeps it from both; V=1 shows the commands.

BOARD ?= host
CONFIG ?=
OUT ?= build/$(BOARD)$(addprefix -,$(CONFIG))
PREFIX ?= /usr/local

# Sources that are not ours; see port/deps.sh.
MBEDTLS_DIR ?= build/deps/mbedtls
LWIP_DIR ?= build/deps/lwip
JSMN_DIR ?= build/deps/jsmn

# Tools; CC and AR follow from CROSS, which a board may set (see below). CFLAGS and LDFLAGS are the
# caller's: they come last and win.
PYTHON ?= python3
KCONFIG_PYTHON ?= /usr/bin/python3
INSTALL ?= install

export CC PYTHON KCONFIG_PYTHON MBEDTLS_DIR LWIP_DIR JSMN_DIR

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
Q := $(if $(filter-out 0,$(V)),,@)
say = @printf '  %-7s %s\n' $(1) '$(2)'

# ---------------------------------------------------------------------------------------------
# What a board is made of

BOARDS := $(patsubst boards/%/board.mk,%,$(wildcard boards/*/board.mk))
ifeq ($(filter $(BOARD),$(BOARDS)),)
$(error no board "$(BOARD)"; there are: $(BOARDS))
endif
include boards/$(BOARD)/board.mk
PORT_MBEDTLS := port/mbedtls
include $(PORT_MBEDTLS)/sources.mk
ifneq ($(filter lwip,$(BOARD_PORTS)),)
include port/lwip/sources.mk
endif

# A compiler from the environment is the host's.
CROSS ?= $(BOARD_CROSS)
ifneq ($(filter default $(if $(CROSS),environment),$(origin CC)),)
CC := $(CROSS)gcc
endif
ifneq ($(filter default $(if $(CROSS),environment),$(origin AR)),)
AR := $(CROSS)$(or $(BOARD_AR),ar)
endif

# BOARD_ALONE: of a program that is none of the core's.
SOURCES := $(wildcard $(if $(BOARD_ALONE),,core/*.c) $(BOARD_PORTS:%=port/%/*.c) \
	boards/$(BOARD)/*.c) $(BOARD_SOURCES)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
MBEDTLS_SOURCES := $(MBEDTLS_FAST_SOURCES) $(MBEDTLS_SMALL_SOURCES)
MBEDTLS_OBJECTS := $(MBEDTLS_SOURCES:%.c=$(OUT)/mbedtls/%.o)
LWIP_OBJECTS := $(LWIP_SOURCES:%.c=$(OUT)/lwip/%.o)
LIBRARY := $(if $(BOARD_ALONE),,$(OUT)/libmigtask.a)
LIBRARY_OBJECTS := $(filter-out $(OUT)/boards/%,$(OBJECTS)) $(MBEDTLS_OBJECTS) $(LWIP_OBJECTS)
BOARD_OBJECTS := $(filter $(OUT)/boards/%,$(OBJECTS))
BINARY := $(OUT)/$(BOARD_BINARY)

# ---------------------------------------------------------------------------------------------
# Configuration

# The board's own file wins over that of the set it shares with others, the folder BOARD_DEFCONFIGS.
DEFCONFIGS := $(patsubst %,%/$(CONFIG:%=%.)defconfig,boards/$(BOARD) $(BOARD_DEFCONFIGS))
DEFCONFIG := $(firstword $(wildcard $(DEFCONFIGS)))
ifneq ($(CONFIG)$(filter menuconfig,$(MAKECMDGOALS)),)
ifeq ($(DEFCONFIG),)
$(error no $(DEFCONFIGS))
endif
endif
DOT_CONFIG := $(wildcard $(OUT)/.config)
ifneq ($(DOT_CONFIG)$(CONFIG),)
CONFIG_SOURCE := $(or $(DOT_CONFIG),$(DEFCONFIG))
CONFIG_HEADER := $(OUT)/migtask_kconfig.h
CONFIG_FLAGS := -I$(OUT) -DMIGTASK_CONFIG_FILE='"migtask_kconfig.h"'
else
CONFIG_FLAGS := $(BOARD_CONFIG)
endif
KCONFIG := CONFIG_=MIGTASK_ $(KCONFIG_PYTHON) -m

# ---------------------------------------------------------------------------------------------
# Flags

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wvla $(if $(WERROR),-Werror)
COMMON_FLAGS := -std=c11 $(BOARD_COMMON_FLAGS) $(or $(BOARD_OPTIMIZE),-Os) -ffunction-sections \
	-fdata-sections -fno-unwind-tables -fno-asynchronous-unwind-tables
TLS_FLAGS := -I$(PORT_MBEDTLS) -DMBEDTLS_CONFIG_FILE='"mbedtls_profile.h"' $(BOARD_TLS_FLAGS)
OUR_FLAGS := $(COMMON_FLAGS) $(WARNINGS) -Icore $(BOARD_PORTS:%=-Iport/%) $(BOARD_FLAGS) \
	$(CONFIG_FLAGS) $(TLS_FLAGS) -isystem $(MBEDTLS_DIR)/include -isystem $(JSMN_DIR) \
	$(LWIP_INCLUDES:%=-isystem $(LWIP_DIR)/%)
MBEDTLS_FLAGS := $(COMMON_FLAGS) -w -Icore $(CONFIG_FLAGS) -I$(MBEDTLS_DIR)/include \
	-I$(MBEDTLS_DIR)/library $(TLS_FLAGS)
LWIP_FLAGS := $(COMMON_FLAGS) -w -Icore -Iport/lwip $(CONFIG_FLAGS) \
	$(LWIP_INCLUDES:%=-I$(LWIP_DIR)/%)
LINK_FLAGS := -Wl,--gc-sections $(BOARD_LINK_FLAGS)
FLAGS_TEXT := $(CC) / $(OUR_FLAGS) / $(MBEDTLS_FLAGS) / $(CFLAGS) / $(LINK_FLAGS) $(LDFLAGS) / \
	$(LWIP_FLAGS) / $(SOURCES) $(MBEDTLS_SOURCES)

# ---------------------------------------------------------------------------------------------
# Building

.PHONY: all
all: $(BINARY) ## build the board's program (default: build/host/migtask)

.PHONY: objects
objects: $(OBJECTS)

$(BINARY): $(BOARD_OBJECTS) $(LIBRARY) $(BOARD_SCRIPTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(COMMON_FLAGS) $(CFLAGS) $(BOARD_OBJECTS) $(LIBRARY) $(LINK_FLAGS) $(LDFLAGS) \
		$(BOARD_LIBRARIES) -o $@

$(LIBRARY): $(LIBRARY_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIBRARY_OBJECTS)

$(OBJECTS): $(OUT)/%.o: %.c $(OUT)/flags $(CONFIG_HEADER) | ready $(BOARD_GENERATED)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(OUR_FLAGS) $(FILE_FLAGS) $(CFLAGS) -MD -MP -c $< -o $@

$(MBEDTLS_OBJECTS): $(PORT_MBEDTLS)/sources.mk
$(MBEDTLS_OBJECTS): $(OUT)/mbedtls/%.o: $(OUT)/flags $(CONFIG_HEADER) | ready
	$(call say,CC,$*.c)
	$(Q)mkdir -p $(@D) && $(CC) $(MBEDTLS_FLAGS) \
		$(if $(filter $*.c,$(MBEDTLS_FAST_SOURCES)),$(or $(BOARD_OPTIMIZE_FAST),-O2)) \
		$(FILE_FLAGS) $(CFLAGS) -MD -MP -c $(call mbedtls_file,$*.c) -o $@

$(LWIP_OBJECTS): $(OUT)/lwip/%.o: $(OUT)/flags $(CONFIG_HEADER) | ready
	$(call say,CC,$*.c)
	$(Q)mkdir -p $(@D) && $(CC) $(LWIP_FLAGS) $(CFLAGS) -MD -MP -c $(LWIP_DIR)/$*.c -o $@

$(OUT)/migtask_kconfig.h: $(CONFIG_SOURCE) Kconfig | ready
	$(call say,CONFIG,$<)
	$(Q)port/tools.sh config && mkdir -p $(@D)
	$(Q)KCONFIG_CONFIG=$< $(KCONFIG) genconfig --header-path $@ Kconfig

# Everything is built anew when a flag has changed.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@text='$(subst ','\'',$(FLAGS_TEXT))'; \
		[ "$$text" = "$$(cat $@ 2>/dev/null)" ] || printf '%s\n' "$$text" >$@

# Tools and sources that the build needs; what is missing of the tools is said at once for both.
DEPS_DIRS := $(if $(filter mbedtls,$(BOARD_DEPS)),$(MBEDTLS_DIR)) \
	$(if $(filter lwip,$(BOARD_DEPS)),$(LWIP_DIR)) $(if $(filter jsmn,$(BOARD_DEPS)),$(JSMN_DIR))
.PHONY: ready FORCE
ready:
	@port/tools.sh $(or $(BOARD_SETUP),build) $(if $(filter-out $(wildcard $(DEPS_DIRS)),$(DEPS_DIRS)),deps)
	@port/deps.sh $(BOARD_DEPS)

-include $(OBJECTS:.o=.d) $(MBEDTLS_OBJECTS:.o=.d) $(LWIP_OBJECTS:.o=.d)

# ---------------------------------------------------------------------------------------------
# Other targets

.PHONY: help setup deps menuconfig amalgamation static demo check verify prove soak lint format size bench clean

help: ## show this list
	@echo 'make [TARGET] [BOARD=...] [CONFIG=...] [V=1]'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1 \2/p' Makefile boards/host/install.mk | \
		awk '{ name = $$1; $$1 = ""; printf "  %-12s%s\n", name, $$0 }'
	@echo 'Boards: $(BOARDS)'

setup: ## install what `make check` needs, or FOR=verify, soak, lint, bench, ...
	@tests/setup.sh --install $(or $(FOR),check)
	@port/deps.sh

deps: ## fetch the sources of mbedTLS, lwIP and jsmn into build/deps
	@port/tools.sh deps
	@port/deps.sh

menuconfig: ## change the limits; writes build/.../.config, which `make` then uses
	@port/tools.sh config
	@mkdir -p $(OUT)
	@[ -e $(OUT)/.config ] || cp $(DEFCONFIG) $(OUT)/.config
	@KCONFIG_CONFIG=$(OUT)/.config $(KCONFIG) menuconfig Kconfig

amalgamation: ## write build/amalgamation: the library and its TLS as one .c and one .h file each
	@port/tools.sh deps
	@port/deps.sh jsmn
	@port/amalgamation.sh build/amalgamation $(JSMN_DIR)/jsmn.h
	$(call say,WRITE,build/amalgamation)

static: ## build build/static/migtask-MACHINE, which need no library (musl): ARCH='...', default all
	@$(MAKE) -f boards/host/static.mk

# The one that runs here.
.PHONY: native-static
native-static:
	@$(MAKE) -f boards/host/static.mk ARCH=$(shell uname -m)

demo: ## run real actions against the bundled simulator of the service
	@tests/setup.sh --install build deps demo
	@$(MAKE) BOARD=host all
	@tests/service/demo.sh build/host/migtask build

check: ## run the tests of the host; the last line counts them
	@tests/setup.sh --install check
	@port/deps.sh mbedtls jsmn
	@$(PYTHON) tests/check.py check

verify: ## run all tests, proofs, firmware and packages too; the last line counts them
	@tests/setup.sh --install verify
	@port/deps.sh
	@$(PYTHON) tests/check.py $(if $(AFTER_CHECK),rest,verify)

prove: ## prove core/ with CBMC, and that the proofs reject seeded bugs
	@tests/setup.sh build deps python
	@$(MAKE) -f tests/proof.mk prove

soak: ## all mutants, proofs with larger bounds, hours of fuzzing: SECONDS=3600 for each target
	@tests/setup.sh --install soak
	@port/deps.sh
	@$(MAKE) -f tests/proof.mk prove ALL=1
	@$(MAKE) -f tests/coverage.mk all-mutants
	@$(MAKE) -f tests/tls.mk soak
	@$(MAKE) -f tests/faults.mk memory
	@$(MAKE) -f tests/fuzz.mk soak SECONDS=$(or $(SECONDS),3600)

# The rest is looked at for the host, in the configuration that compiles most.
LINT_SOURCES = $(if $(CROSS),$(filter boards/%,$(SOURCES)), \
	$(SOURCES) $(wildcard tests/unit/*.c tests/command/*.c tests/size/*.c))
lint: $(BOARD_GENERATED) $(CONFIG_HEADER) ## check style and run the static analysers
	@tests/setup.sh build lint
	@port/deps.sh $(BOARD_DEPS)
	@LINT_SOURCES='$(LINT_SOURCES)' LINT_FLAGS='$(subst ','\'',$(OUR_FLAGS))' LINT_CC='$(CC)' \
		tests/lint.sh $(if $(CROSS),clang-tidy)

format: ## bring all C files into the project's style
	@tests/setup.sh lint
	@tests/lint.sh --fix

size: native-static ## what it needs of flash, RAM and stack, beside the budgets
	@tests/setup.sh build deps demo firmware board
	@port/deps.sh
	@$(PYTHON) tests/size/size.py
	@$(PYTHON) tests/board/memory.py --check README.md

bench: all native-static ## measure the command beside its budgets, curl, wget, requests: QUICK=1, RECORD=1
	@tests/setup.sh bench
	@$(PYTHON) tests/bench/bench.py $(if $(QUICK),--quick) $(if $(RECORD),--record)

include boards/host/install.mk

clean: ## remove what was built; the fetched sources stay (rm -r build removes those too)
	find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +
