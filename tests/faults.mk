# Faults of system calls and of the arena in calls of the command, by `make -f tests/faults.mk run`.
# Needs strace.

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
PYTHON ?= python3
MBEDTLS_DIR ?= build/deps/mbedtls
OUT := build/tests/faults
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:

# EVERY=1: every allocation fails once; 3: every third, whatever its neighbours do.
EVERY ?= 1

.PHONY: run calls memory build
run: build
	@$(PYTHON) tests/faults/run.py

# One half each.
calls: build
	@$(PYTHON) tests/faults/run.py -k 'system call'

memory: build
	@$(PYTHON) tests/faults/run.py -k allocation --every $(EVERY)

build:
	@mkdir -p $(OUT)
	@$(MAKE) BOARD=host all
	@$(MAKE) native-static
	@$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -DMIGTASK_CONFIG_HOST -Icore -Iport/mbedtls \
		-isystem $(MBEDTLS_DIR)/include -DMBEDTLS_CONFIG_FILE='"mbedtls_profile.h"' $(CFLAGS) \
		tests/faults/allocations.c build/host/boards/host/*.o build/host/libmigtask.a \
		-Wl,--gc-sections -Wl,--wrap=mbedtls_platform_set_calloc_free -o $(OUT)/migtask
