# What all firmware boards have in common; a board.mk sets these and includes this file:
#   BOARD_CPU     compiler flags of the processor
#   BOARD_SCRIPT  the linker script
#   BOARD_DEFCONFIGS := boards/firmware, only if it is a board for tests: that set of defconfigs lets
#                 in random numbers that are not random. A product has its own.
# and may add to BOARD_SOURCES, BOARD_FLAGS and the like afterwards.
BOARD_BINARY := migtask.elf
BOARD_CROSS := arm-none-eabi-
BOARD_PORTS := lwip mbedtls
BOARD_DEPS := mbedtls lwip jsmn
BOARD_SETUP := firmware demo config
BOARD_CONFIG :=
BOARD_AR := gcc-ar
# Size first: link-time optimization takes 7 % away, -Oz (of bignum too, which takes 5 % more time) 6 %; what is
# switched off was found by trial: 1.5 %.
BOARD_COMMON_FLAGS := $(BOARD_CPU) -g -fno-common -flto -flto-partition=one -fira-algorithm=priority \
	-fno-inline-small-functions -fno-tree-dominator-opts -fno-tree-tail-merge
BOARD_OPTIMIZE := -Oz
BOARD_OPTIMIZE_FAST := -Oz
BOARD_TLS_FLAGS := -Iboards/firmware -DMBEDTLS_USER_CONFIG_FILE='"mbedtls_firmware.h"'
BOARD_FLAGS := -Iboards -Iboards/drivers -Iboards/firmware -Iboards/$(BOARD) -I$(OUT)/boards/firmware
BOARD_SOURCES := \
	boards/drivers/ethernet.c \
	boards/firmware/flash_roots.c \
	boards/firmware/log.c \
	boards/firmware/lwip_system.c \
	boards/firmware/main.c \
	boards/firmware/network.c \
	boards/firmware/report.c \
	boards/firmware/runtime.c \
	boards/firmware/settings.c
# For boards to add, beside what they need of boards/drivers: a Cortex-M without watchdog and clock; and one that
# runs under a debugger, for tests alone.
FIRMWARE_CORTEX_M := $(addprefix boards/firmware/,cortex_m.c log_console.c plain_board.c)
FIRMWARE_DEBUGGED := $(addprefix boards/firmware/,entropy_TEST_ONLY.c semihosting.c semihosting_board.c)
BOARD_LINK_FLAGS := -nostartfiles -nostdlib -T $(BOARD_SCRIPT) \
	-Wl,-Map=$(OUT)/migtask.map
BOARD_LIBRARIES := -lgcc
BOARD_GENERATED := $(OUT)/boards/firmware/roots.inc
BOARD_SCRIPTS := $(BOARD_SCRIPT) boards/firmware/cortex_m.ld

# The trusted roots: CA=file.pem. The default is the simulator's, whose keys everybody can have.
ifeq ($(CA),)
CA := build/pki/roots.pem
$(CA): tests/service/pki.py
	$(call say,PKI,$(@D))
	$(Q)$(PYTHON) tests/service/pki.py $(@D) && touch $@
endif

$(BOARD_GENERATED): $(CA) $(OUT)/ca boards/firmware/roots.py
	$(call say,ROOTS,$<)
	$(Q)mkdir -p $(@D) && $(PYTHON) boards/firmware/roots.py $< firmware_roots >$@

# Another file is another set of roots, however old it is.
$(OUT)/ca: FORCE
	@mkdir -p $(@D); [ "$(CA)" = "$$(cat $@ 2>/dev/null)" ] || echo '$(CA)' >$@

# The earliest time that is believed: when this was compiled.
$(OUT)/port/lwip/lwip_clock.o: private FILE_FLAGS = \
	-DMIGTASK_LWIP_CLOCK_FLOOR=$(or $(SOURCE_DATE_EPOCH),$(shell date +%s))

# The functions that the compiler makes calls of by itself must come last, and not out of themselves.
$(OUT)/boards/firmware/runtime.o: private FILE_FLAGS = \
	-fno-lto -ffreestanding -fno-tree-loop-distribute-patterns

$(OUT)/boards/firmware/runtime.o: boards/firmware/firmware.mk
