# The command as one file that needs nothing of the machine it runs on, for each machine in
# static.txt: build/static/migtask-NAME, linked with musl. `make static` calls this.
#
#   make static [ARCH='NAME...']      default: all
#
# The same sources, compiler and musl give the same bytes in whatever folder: paths are relative or
# mapped away, archives have no dates, and nothing tells who built it when.

TABLE := boards/host/static.txt
MUSL := build/deps/musl
OUT_STATIC := build/static

row = $(shell awk '$$1 == "$1" { print; exit }' $(TABLE))
MACHINES := $(shell awk '!/^\#/ && NF { print $$1 }' $(TABLE))
ARCH ?= $(MACHINES)
BINARIES := $(ARCH:%=$(OUT_STATIC)/migtask-%)
ifneq ($(filter-out $(MACHINES),$(ARCH)),)
$(error no static build for "$(filter-out $(MACHINES),$(ARCH))"; ARCH= names some of: $(MACHINES))
endif

# norelro: no one would make those pages read-only, since start-up code of a static program has none
# of a dynamic linker; they would only be padded.
STATIC_CFLAGS := -fno-pie -ffile-prefix-map=$(CURDIR)=. \
	$(if $(MBEDTLS_DIR),-ffile-prefix-map=$(MBEDTLS_DIR)=mbedtls)
STATIC_LDFLAGS := -static -no-pie -s \
	-Wl,-z,noseparate-code,-z,noexecstack,-z,norelro,--build-id=none

.PHONY: all tools FORCE
.DELETE_ON_ERROR:
all: $(OUT_STATIC)/SHA256SUMS

# All of them at once: one installation, whatever is built side by side.
tools:
	@port/tools.sh build $(ARCH:%=static-%)

# Of all that are there, not only those built now: for sha256sum -c in that folder.
$(OUT_STATIC)/SHA256SUMS: $(BINARIES)
	@cd $(@D) && sha256sum migtask-* >.sums && mv .sums $(@F)

# What to build is the main Makefile's business; a binary that stays the same is not touched.
$(BINARIES): COMPILER = $(word 4,$(call row,$*))
$(BINARIES): MACHINE_FLAGS = $(wordlist 7,99,$(call row,$*))
$(BINARIES): $(OUT_STATIC)/migtask-%: tools FORCE
	@port/musl.sh $(call row,$*)
	@$(MAKE) -f Makefile all BOARD=host OUT=$(OUT_STATIC)-$* AR=$(COMPILER)ar \
		CC='$(COMPILER)gcc -specs=$(MUSL)/$*/gcc.specs' \
		CFLAGS='$(STATIC_CFLAGS) $(MACHINE_FLAGS) $(CFLAGS)' \
		LDFLAGS='$(STATIC_LDFLAGS) $(LDFLAGS)'
	@mkdir -p $(@D) && { cmp -s $(OUT_STATIC)-$*/migtask $@ || cp $(OUT_STATIC)-$*/migtask $@; }
