# Luminary Micro (Texas Instruments) LM3S6965: Cortex-M3, 256 KB of flash, 64 KB of RAM.
BOARD_CPU := -mcpu=cortex-m3 -mthumb
BOARD_SCRIPT := boards/lm3s6965evb/lm3s6965evb.ld
include boards/firmware/firmware.mk
BOARD_SOURCES += \
	boards/firmware/cortex_m.c \
	boards/firmware/entropy_TEST_ONLY.c \
	boards/firmware/frame_fifo.c \
	boards/firmware/log_console.c \
	boards/firmware/semihosting.c \
	boards/firmware/semihosting_board.c
