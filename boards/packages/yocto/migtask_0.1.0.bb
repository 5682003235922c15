# The command, and the library for other recipes.
#
# Our sources are those of the tree that this layer stands in. mbedTLS and jsmn are fetched as
# sources and compiled in; not the recipe mbedtls, because that has a heap, and a configuration
# without the callback through which we look up roots.
SUMMARY = "Steers server migrations of the Huawei Cloud"
DESCRIPTION = "Sends one action to a task of the Huawei Cloud Server Migration Service over \
verified TLS, and says what became of it. Needs no library but the C library."
SECTION = "net"
LICENSE = "MIT & Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=2bd42f6ff88dc9a561dbc0192dcdf60a \
                    file://deps/mbedtls-${MBEDTLS_VERSION}/LICENSE;md5=379d5819937a6c2f1ef1630d341e026d \
                    file://deps/jsmn-${JSMN_VERSION}/LICENSE;md5=5adc94605a1f7a797a9a834adbe335e3"

MBEDTLS_VERSION = "3.6.6"
JSMN_VERSION = "1.1.0"
FILESEXTRAPATHS:prepend := "${THISDIR}/../../..:"
SRC_URI = "file://core;subdir=${BP} \
           file://port;subdir=${BP} \
           file://boards;subdir=${BP} \
           file://Makefile;subdir=${BP} \
           file://Kconfig;subdir=${BP} \
           file://LICENSE;subdir=${BP} \
           https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-${MBEDTLS_VERSION}/mbedtls-${MBEDTLS_VERSION}.tar.bz2;name=mbedtls;subdir=${BP}/deps \
           ${DEBIAN_MIRROR}/main/j/jsmn/jsmn_${JSMN_VERSION}.orig.tar.gz;name=jsmn;subdir=${BP}/deps"
SRC_URI[mbedtls.sha256sum] = "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a"
SRC_URI[jsmn.sha256sum] = "5f0913a10657fe7ec8d5794ccf00a01000e3e1f2f1e1f143c34a0f7b47edcb38"

# Until 5.0 (scarthgap) sources are unpacked to WORKDIR, since then to UNPACKDIR.
S = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}/${BP}"
B = "${S}"

# Those of cve-check who look for mbedTLS find the one in here.
CVE_PRODUCT = "arm:mbed_tls"
CVE_VERSION = "${MBEDTLS_VERSION}"

# The optimization is that of our Makefile: -Os, and -O2 for the arithmetic alone.
FULL_OPTIMIZATION = "-pipe ${DEBUG_FLAGS}"
EXTRA_OEMAKE = "NO_SETUP=1 V=1 \
                MBEDTLS_DIR=deps/mbedtls-${MBEDTLS_VERSION} JSMN_DIR=deps/jsmn-${JSMN_VERSION} \
                'CC=${CC}' 'AR=${AR}' 'OBJCOPY=${OBJCOPY}' \
                'CFLAGS=${CFLAGS}' 'LDFLAGS=${LDFLAGS}' \
                PREFIX=${prefix} bindir=${bindir} libdir=${libdir} includedir=${includedir} \
                datadir=${datadir} mandir=${mandir}"

inherit bash-completion

do_configure[noexec] = "1"

do_compile() {
    oe_runmake
}

do_install() {
    oe_runmake install DESTDIR=${D}
}

PACKAGES =+ "${PN}-zsh-completion ${PN}-fish-completion"
FILES:${PN}-zsh-completion = "${datadir}/zsh"
FILES:${PN}-fish-completion = "${datadir}/fish"
RRECOMMENDS:${PN} = "ca-certificates"
