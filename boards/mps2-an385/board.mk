# Arm MPS2 with the image AN385: Cortex-M3, LAN9118; as QEMU has it.
BOARD_CPU := -mcpu=cortex-m3 -mthumb
BOARD_SCRIPT := boards/mps2-an385/mps2-an385.ld
BOARD_DEFCONFIGS := boards/firmware
include boards/firmware/firmware.mk
BOARD_SOURCES += $(FIRMWARE_CORTEX_M) $(FIRMWARE_DEBUGGED) \
	$(addprefix boards/drivers/,lan9118.c frame_fifo.c)
