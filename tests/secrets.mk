# What is left of a token, and of a proxy's password, in memory, by `make -f tests/secrets.mk run`.
#
#   call-host, call-mcu   calls of the library in both configurations
#   migtask-unwiped       the command with a migtask_wipe() that does nothing
#
# Bound at once: the dynamic linker would save vector registers on the stack, whatever is in them.

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
PYTHON ?= python3
MBEDTLS_DIR ?= build/deps/mbedtls
OUT := build/tests/secrets
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:

FLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wconversion -Wshadow -Werror
INCLUDES := -Icore -Iport/posix -Iport/proxy -Iport/mbedtls -isystem $(MBEDTLS_DIR)/include \
	-DMBEDTLS_CONFIG_FILE='"mbedtls_profile.h"'
LINK := -Wl,--gc-sections -Wl,-z,now -Wl,--wrap=migtask_wipe

.PHONY: run build
run: build
	@$(PYTHON) tests/secrets/run.py

build:
	@mkdir -p $(OUT)
	@$(MAKE) BOARD=host all
	@$(MAKE) BOARD=host BOARD_CONFIG= OUT=$(OUT)/mcu $(OUT)/mcu/libmigtask.a
	@$(CC) $(FLAGS) $(INCLUDES) -DMIGTASK_CONFIG_HOST $(CFLAGS) tests/secrets/call.c \
		build/host/libmigtask.a $(LINK) -o $(OUT)/call-host
	@$(CC) $(FLAGS) $(INCLUDES) $(CFLAGS) tests/secrets/call.c $(OUT)/mcu/libmigtask.a $(LINK) \
		-o $(OUT)/call-mcu
	@printf 'void __wrap_migtask_wipe(void *, unsigned long);\n%s\n' \
		'void __wrap_migtask_wipe(void *memory, unsigned long len) { (void)memory, (void)len; }' \
		>$(OUT)/unwiped.c
	@$(CC) $(FLAGS) $(CFLAGS) $(OUT)/unwiped.c build/host/boards/host/*.o build/host/libmigtask.a \
		$(LINK) -o $(OUT)/migtask-unwiped
