# Luminary Micro (Texas Instruments) LM3S6965: Cortex-M3, 256 KB of flash, 64 KB of RAM.
BOARD_CPU := -mcpu=cortex-m3 -mthumb
BOARD_SCRIPT := boards/lm3s6965evb/lm3s6965evb.ld
BOARD_DEFCONFIGS := boards/firmware
include boards/firmware/firmware.mk
BOARD_SOURCES += $(FIRMWARE_CORTEX_M) $(FIRMWARE_DEBUGGED) \
	$(addprefix boards/drivers/,lm3s_ethernet.c frame_fifo.c)
