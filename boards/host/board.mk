# The host command: POSIX sockets, mbedTLS, the limits of the host configuration.
BOARD_BINARY := migtask
BOARD_PORTS := posix proxy mbedtls
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

# Trusted roots compiled in, for machines that have none: ROOTS=FILE.pem, else what Kconfig says.
# They need python3, which nothing else here does.
HOST_CONFIG := $(or $(wildcard $(OUT)/.config),$(wildcard boards/host/$(CONFIG).defconfig))
ROOTS ?= $(if $(HOST_CONFIG),$(shell sed -n 's/^MIGTASK_ROOTS_PEM="\(.*\)"$$/\1/p' $(HOST_CONFIG)))
ifneq ($(ROOTS),)
BOARD_SETUP := build demo
BOARD_GENERATED += $(OUT)/boards/host/roots.inc
$(OUT)/boards/host/built_in.o: private FILE_FLAGS = -DBUILT_IN_ROOTS

$(OUT)/boards/host/roots.inc: $(ROOTS) $(OUT)/roots boards/firmware/roots.py | ready
	$(call say,ROOTS,$<)
	$(Q)mkdir -p $(@D) && $(PYTHON) boards/firmware/roots.py $< built_in_roots >$@
endif

# Another file, or none, is another program.
$(OUT)/boards/host/built_in.o: $(OUT)/roots
$(OUT)/roots: FORCE
	@mkdir -p $(@D); echo '$(ROOTS)' | cmp -s - $@ || echo '$(ROOTS)' >$@
