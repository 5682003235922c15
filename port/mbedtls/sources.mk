# The mbedTLS 3.6 files that a migtask build needs, below $(MBEDTLS_DIR). What a profile does not
# use is empty after preprocessing or falls to --gc-sections, so one list serves all.

# Nearly all the instructions of a call, so compile these with -O2: public-key arithmetic, and what
# large answers are deciphered with. (ecp.c and gcm.c gain nothing by it.)
MBEDTLS_FAST_SOURCES := \
	library/aesce.c \
	library/aesni.c \
	library/bignum.c \
	library/bignum_core.c \
	library/ecp_curves.c

# The rest: -Os.
MBEDTLS_SMALL_SOURCES := \
	library/aes.c \
	library/asn1parse.c \
	library/asn1write.c \
	library/block_cipher.c \
	library/cipher.c \
	library/cipher_wrap.c \
	library/constant_time.c \
	library/ecdh.c \
	library/ecdsa.c \
	library/ecp.c \
	library/gcm.c \
	library/hkdf.c \
	library/md.c \
	library/oid.c \
	library/pk.c \
	library/pk_ecc.c \
	library/pk_wrap.c \
	library/pkparse.c \
	library/platform.c \
	library/platform_util.c \
	library/psa_crypto.c \
	library/psa_crypto_aead.c \
	library/psa_crypto_cipher.c \
	library/psa_crypto_client.c \
	library/psa_crypto_driver_wrappers_no_static.c \
	library/psa_crypto_ecp.c \
	library/psa_crypto_hash.c \
	library/psa_crypto_mac.c \
	library/psa_crypto_rsa.c \
	library/psa_crypto_slot_management.c \
	library/psa_util.c \
	library/rsa.c \
	library/rsa_alt_helpers.c \
	library/sha256.c \
	library/sha512.c \
	library/ssl_ciphersuites.c \
	library/ssl_client.c \
	library/ssl_msg.c \
	library/ssl_tls.c \
	library/ssl_tls12_client.c \
	library/ssl_tls13_client.c \
	library/ssl_tls13_generic.c \
	library/ssl_tls13_keys.c \
	library/x509.c \
	library/x509_crt.c

# P-256 alone, for profiles without another curve: see p256.h.
MBEDTLS_SMALL_SOURCES += 3rdparty/p256-m/p256-m/p256-m.c

# The file to compile for one of these: changed/ has some of them with something before them that says
# why. PORT_MBEDTLS is the folder of this port. Both need no flags of their own.
mbedtls_file = $(or $(wildcard $(PORT_MBEDTLS)/changed/$(notdir $1)),$(MBEDTLS_DIR)/$1)
