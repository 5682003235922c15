# Stands for OpenWrt's rules.mk and package.mk in recipes_test.py: as much of them as OpenWrt's
# developer guide describes, with the compiler of this machine, and archives that must be in DL_DIR.
TARGET_CC := gcc
TARGET_CROSS :=
TARGET_CFLAGS = -O2 -pipe -fno-caller-saves
TARGET_LDFLAGS = -Wl,-z,relro
TARGET_CONFIGURE_OPTS = AR=ar CC="$(TARGET_CC)" OBJCOPY=objcopy
CP := cp -fpR
TAR := tar
INSTALL_DIR := install -d -m0755
INSTALL_BIN := install -m0755
PKG_BUILD_DIR = $(TOPDIR)/build_dir/$(PKG_NAME)-$(PKG_VERSION)
STAMP_PREPARED = $(PKG_BUILD_DIR)/.prepared

MAKE_VARS = CFLAGS="$(TARGET_CFLAGS) $(EXTRA_CFLAGS)" LDFLAGS="$(TARGET_LDFLAGS)"
MAKE_FLAGS = $(TARGET_CONFIGURE_OPTS) CROSS="$(TARGET_CROSS)" ARCH="x86_64"

define Build/Compile
	+$(MAKE_VARS) $(MAKE) -C $(PKG_BUILD_DIR) $(MAKE_FLAGS)
endef

define Download
$(eval $(Download/$(1)))
$(if $(URL),,$(error Download/$(1) has no URL))
$(STAMP_PREPARED): $(DL_DIR)/$(FILE)
$(DL_DIR)/$(FILE):
	@echo "download $(URL)/$(FILE) $(HASH)"; exit 1
download::
	@echo "$(FILE) $(HASH) $(URL)"
endef

define BuildPackage
$(eval $(Package/$(1)))
$(foreach field,SECTION CATEGORY TITLE,$(if $($(field)),,$(error Package/$(1) has no $(field))))
compile:: $(STAMP_PREPARED)
	$$(Build/Configure)
	$$(Build/Compile)
	$$(call Build/InstallDev,$(TOPDIR)/staging)
	$$(call Package/$(1)/install,$(TOPDIR)/ipkg)
$(STAMP_PREPARED):
	rm -rf $$(PKG_BUILD_DIR) && mkdir -p $$(PKG_BUILD_DIR)
	$$(Build/Prepare)
	touch $$@
endef
