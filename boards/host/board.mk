# The host command: POSIX sockets, mbedTLS, the limits of the host configuration.
BOARD_BINARY := migtask
BOARD_PORTS := posix mbedtls
BOARD_DEPS := mbedtls jsmn
BOARD_CONFIG := -DMIGTASK_CONFIG_HOST
BOARD_FLAGS := -I$(OUT)/boards/host
# Bound at once: a linker that binds at the first call saves vector registers on the stack there, and
# with them what a copy of the token left in those.
BOARD_LINK_FLAGS := -Wl,-z,now
BOARD_GENERATED := $(OUT)/boards/host/error_codes.inc

# What error codes mean and what to do about them, compiled in.
$(BOARD_GENERATED): boards/host/error_codes.tsv boards/host/error_codes.awk
	$(call say,AWK,$<)
	$(Q)mkdir -p $(@D) && awk -f boards/host/error_codes.awk $< >$@
