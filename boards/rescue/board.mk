# The rescue image: an initramfs that holds init, the command as `make static` makes it, a CA file
# and the drivers of a network card; and beside it Debian's kernel to boot it with.
#
#   ARCH=x86_64           or aarch64
#   MIGTASK=FILE          a static command; else it is made
#   CA=FILE               trusted roots, PEM
#   KERNEL_PACKAGE=NAME   another kernel of Debian, such as linux-image-amd64
#   KERNEL_ROOT=FOLDER    or one of your own: see image.sh
#   MODULES='NAME...'     drivers that the network needs
ARCH ?= x86_64
ifneq ($(ARCH),x86_64)
ifeq ($(origin OUT),file)
OUT := build/rescue-$(ARCH)
endif
endif
# Its row of the table of static builds: name, Debian's name, release for musl, prefix of compiler.
RESCUE_ROW := $(shell awk '$$1 == "$(ARCH)"' boards/host/static.txt)
RESCUE_DEBIAN := $(word 2,$(RESCUE_ROW))
RESCUE_MUSL := build/deps/musl/$(ARCH)

BOARD_BINARY := init
BOARD_ALONE := 1
BOARD_SETUP := build static-$(ARCH) rescue
BOARD_CROSS := $(word 4,$(RESCUE_ROW))
CC := $(BOARD_CROSS)gcc -specs=$(RESCUE_MUSL)/gcc.specs
BOARD_COMMON_FLAGS := -fno-pie
BOARD_LINK_FLAGS := -static -no-pie -s -Wl,--build-id=none
BOARD_GENERATED := $(RESCUE_MUSL)

MIGTASK ?= build/static/migtask-$(ARCH)
CA ?= /etc/ssl/certs/ca-certificates.crt
KERNEL_PACKAGE ?= linux-image-cloud-$(RESCUE_DEBIAN)
KERNEL_ROOT ?= build/deps/linux-$(RESCUE_DEBIAN)
MODULES ?= virtio_pci virtio_net

$(RESCUE_MUSL):
	$(Q)port/tools.sh static-$(ARCH) && port/musl.sh $(RESCUE_ROW)

# Made anew each time: it is quick, and what is in it may come from anywhere.
all: image
.PHONY: image
image: $(OUT)/$(BOARD_BINARY)
ifeq ($(origin KERNEL_ROOT),file)
	$(Q)boards/rescue/kernel.sh $(RESCUE_DEBIAN) $(KERNEL_PACKAGE)
endif
ifeq ($(origin MIGTASK),file)
	$(Q)$(MAKE) -f boards/host/static.mk ARCH=$(ARCH)
endif
	$(call say,IMAGE,$(OUT)/initramfs.cpio)
	$(Q)boards/rescue/image.sh $(OUT) $< $(MIGTASK) $(CA) $(KERNEL_ROOT) $(MODULES)
