# Installing and packaging; part of the Makefile.
#
# PREFIX, and as usual bindir, libdir, includedir, datadir, mandir; DESTDIR goes before all of them.
# The library is put together anew for this, because its users have other needs than the linker of
# one program:
#   - it has mbedTLS inside, but a program may well use a mbedTLS of its own: so all of TLS is made
#     one object, in which only names that begin with migtask_ can be seen from outside;
#   - its limits are those it was compiled with, so migtask_limits.h, which the installed headers
#     include instead of MIGTASK_CONFIG_FILE, fixes them.

ifneq ($(filter install% uninstall deb,$(MAKECMDGOALS)),)
ifneq ($(BOARD),host)
$(error only the host command and its library are installed, not BOARD=$(BOARD))
endif
endif
ifneq ($(and $(filter install install-library,$(MAKECMDGOALS)),$(findstring -flto,$(CFLAGS))),)
$(error no library is installed with -flto: objects for one compiler, whose names cannot be hidden)
endif

OBJCOPY ?= $(or $(CROSS:%=%objcopy),$(shell $(CC) -print-prog-name=objcopy))
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
datadir ?= $(PREFIX)/share
mandir ?= $(datadir)/man
pkgconfigdir ?= $(libdir)/pkgconfig
bashcompdir ?= $(datadir)/bash-completion/completions
zshcompdir ?= $(datadir)/zsh/site-functions
fishcompdir ?= $(datadir)/fish/vendor_completions.d

VERSION := $(shell sed -n 's/^\#define MIGTASK_VERSION "\(.*\)"/\1/p' core/migtask.h)
INSTALLED := $(OUT)/install
PUBLIC_HEADERS := core/migtask.h core/migtask_config.h \
	port/mbedtls/migtask_tls.h port/mbedtls/migtask_tls_config.h port/posix/migtask_posix.h \
	port/proxy/migtask_proxy.h
# The headers whose limits are part of the library's binary interface.
LIMITS_OF := core/migtask_config.h port/mbedtls/migtask_tls_config.h port/posix/migtask_posix.h \
	port/proxy/migtask_proxy.h
TLS_OBJECTS := $(filter $(OUT)/port/mbedtls/%,$(LIBRARY_OBJECTS)) $(MBEDTLS_OBJECTS)

$(INSTALLED)/tls.o: $(TLS_OBJECTS) boards/host/install.mk
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -nostdlib -r -o $@ $(TLS_OBJECTS)
	$(Q)$(OBJCOPY) --wildcard --keep-global-symbol='migtask_*' $@

$(INSTALLED)/libmigtask.a: $(INSTALLED)/tls.o $(LIBRARY)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter-out $(TLS_OBJECTS),$(LIBRARY_OBJECTS)) $<

# All headers go into one folder, where they find each other by name.
HEADERS := $(INSTALLED)/include
INSTALLED_HEADERS := $(addprefix $(HEADERS)/,$(notdir $(PUBLIC_HEADERS)) migtask_limits.h)
define header_rule
$(HEADERS)/$(notdir $1): $1 boards/host/headers.sed
	$$(Q)mkdir -p $$(@D) && sed -f boards/host/headers.sed $1 >$$@

endef
$(eval $(foreach header,$(PUBLIC_HEADERS),$(call header_rule,$(header))))

# Each limit's name and value as the preprocessor sees it with the flags of this build.
$(HEADERS)/migtask_limits.h: $(LIMITS_OF) boards/host/limits.awk $(OUT)/flags $(CONFIG_HEADER)
	$(call say,AWK,$@)
	$(Q)mkdir -p $(@D) && awk -f boards/host/limits.awk $(LIMITS_OF) >$(INSTALLED)/limits.in
	$(Q)$(CC) $(OUR_FLAGS) -I. $(CFLAGS) -E -P -x c $(INSTALLED)/limits.in \
		-o $(INSTALLED)/limits && awk -v values=1 -f boards/host/limits.awk $(INSTALLED)/limits >$@

$(INSTALLED)/migtask.pc: boards/host/migtask.pc.in FORCE
	$(Q)mkdir -p $(@D) && sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@VERSION@,$(VERSION),' \
		-e 's,@LIBDIR@,$(libdir:$(PREFIX)/%=$${prefix}/%),' \
		-e 's,@INCLUDEDIR@,$(includedir:$(PREFIX)/%=$${prefix}/%),' $< >$@

# One source for three shells: the text of --help all.
$(INSTALLED)/completion.%: boards/host/completion.awk boards/host/usage.c core/endpoint.c
	$(call say,AWK,$@)
	$(Q)mkdir -p $(@D) && awk -v shell=$* -f $^ >$@

# $(call put,MODE,FILE,FOLDER,NAME)
define put
	$(call say,INSTALL,$3/$4)
	$(Q)$(INSTALL) -d '$(DESTDIR)$3' && $(INSTALL) -m $1 $2 '$(DESTDIR)$3/$4'

endef

.PHONY: install install-command install-library install-headers uninstall deb

install: install-command install-library ## install command and library: DESTDIR=, PREFIX=/usr/local

install-command: $(BINARY) $(addprefix $(INSTALLED)/completion.,bash zsh fish)
	$(call put,755,$(BINARY),$(bindir),migtask)
	$(call put,644,boards/host/migtask.1,$(mandir)/man1,migtask.1)
	$(call put,644,$(INSTALLED)/completion.bash,$(bashcompdir),migtask)
	$(call put,644,$(INSTALLED)/completion.zsh,$(zshcompdir),_migtask)
	$(call put,644,$(INSTALLED)/completion.fish,$(fishcompdir),migtask.fish)

install-library: $(INSTALLED)/libmigtask.a $(INSTALLED_HEADERS) $(INSTALLED)/migtask.pc
	$(call put,644,$(INSTALLED)/libmigtask.a,$(libdir),libmigtask.a)
	$(foreach header,$(INSTALLED_HEADERS), \
		$(call put,644,$(header),$(includedir)/migtask,$(notdir $(header))))
	$(call put,644,$(INSTALLED)/migtask.pc,$(pkgconfigdir),migtask.pc)
	$(call put,644,core/migtask.3,$(mandir)/man3,migtask.3)

install-headers: $(INSTALLED_HEADERS)

uninstall: ## remove what install put there
	rm -rf '$(DESTDIR)$(includedir)/migtask'
	rm -f $(foreach file,$(bindir)/migtask $(mandir)/man1/migtask.1 $(bashcompdir)/migtask \
		$(zshcompdir)/_migtask $(fishcompdir)/migtask.fish $(libdir)/libmigtask.a \
		$(pkgconfigdir)/migtask.pc $(mandir)/man3/migtask.3,'$(DESTDIR)$(file)')

deb: ## build Debian packages of both into build/deb
	@port/tools.sh build deps deb
	@port/deps.sh mbedtls jsmn
	@boards/packages/deb.sh build/deb
