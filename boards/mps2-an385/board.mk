# Arm MPS2 with the image AN385: Cortex-M3, LAN9118; as QEMU has it.
BOARD_CPU := -mcpu=cortex-m3 -mthumb
BOARD_SCRIPT := boards/mps2-an385/mps2-an385.ld
include boards/firmware/firmware.mk
BOARD_SOURCES += \
	boards/firmware/cortex_m.c \
	boards/firmware/entropy_TEST_ONLY.c \
	boards/firmware/frame_fifo.c \
	boards/firmware/log_console.c \
	boards/firmware/semihosting.c \
	boards/firmware/semihosting_board.c
