# The fuzz targets of tests/fuzz, with clang's libFuzzer, ASan and UBSan:
#   make -f tests/fuzz.mk check              the committed corpus, floors, short runs, comparison
#   make -f tests/fuzz.mk soak SECONDS=3600  that long for each target; what is new goes to
#                                            build/tests/fuzz/found
#   make -f tests/fuzz.mk corpus             what was found there, minimised, into tests/fuzz/corpus
# Only the product is counted by its edges, not what drives it.

FUZZ_CC ?= clang
GUIDED ?= -fsanitize=fuzzer-no-link
PYTHON ?= python3
JSMN_DIR ?= build/deps/jsmn
MBEDTLS_DIR ?= build/deps/mbedtls
SECONDS ?= 3600
OUT := build/tests/fuzz
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.SECONDARY:

# mbedTLS is compiled once, so what the two configurations choose differently for it is the same here.
SAME := -DMIGTASK_TLS_RECORD_OUT=512 -DMIGTASK_TLS_RESUME=1 -DMIGTASK_TLS_SPARING=1 \
	-DMIGTASK_TLS_AES_INSTRUCTIONS=0

FLAGS := -std=c11 -O1 -g -Wall -Wextra -Wshadow -Wvla -Werror -D_GNU_SOURCE \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-Icore -Iport/posix -Iport/proxy -Iport/mbedtls -Iboards/host -Itests/unit -Itests/fuzz \
	-isystem $(JSMN_DIR) -isystem $(MBEDTLS_DIR)/include \
	-DMBEDTLS_CONFIG_FILE='"mbedtls_profile.h"' $(SAME) $(CFLAGS)

# The host configuration with less room for text, so that it is exhausted and quick.
FLAGS_host := -DMIGTASK_CONFIG_HOST -DMIGTASK_REPLY_TEXT=16384
# A certificate that fills the room to its last byte ends with whole groups of base64 digits.
FLAGS_mcu := -DMIGTASK_TRUST_DER=2046
TARGETS := answer-mcu answer-host body-mcu body-host call-mcu arguments-host files-host \
	roots-mcu roots-host chain-mcu handshake-mcu handshake-host
DRIVER := tests/fuzz/judge.c tests/unit/support.c tests/unit/stream_double.c
PRODUCT := $(wildcard core/*.c) \
	$(patsubst %,boards/host/%.c,echo environment foreign nearest no_proxy options prompt proxy_choice proxy_url \
		secrets sentence tasks token token_check) \
	$(patsubst %,port/posix/%.c,clock file waiting) $(patsubst %,port/mbedtls/%.c,der pem)

include port/mbedtls/sources.mk
PORT_MBEDTLS := port/mbedtls
PORT_TLS := $(filter-out %/der.c %/pem.c,$(wildcard port/mbedtls/*.c))
WRAP := -Wl,--wrap=mbedtls_platform_set_calloc_free,--wrap=migtask_arena_reset

.PHONY: build check soak corpus
build: $(TARGETS:%=$(OUT)/%) $(OUT)/verdicts-mcu $(OUT)/verdicts-host
	@$(FUZZ_CC) --version >$(OUT)/compiler

check: build
	@$(PYTHON) tests/fuzz/run.py check $(OUT)

soak: build
	@$(PYTHON) tests/fuzz/run.py soak $(OUT) --seconds $(SECONDS)

corpus: build
	@$(PYTHON) tests/fuzz/run.py corpus $(OUT)

# mbedTLS compares nothing with memcmp(NULL, ..., 0). Its arithmetic is not counted by edges: it is
# most of the time, and leads nowhere new.
MBEDTLS_FLAGS := -std=c11 -O2 -g -w -D_GNU_SOURCE -fsanitize=address,undefined \
	-fno-sanitize=nonnull-attribute -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-Icore -Iport/mbedtls -I$(MBEDTLS_DIR)/include -I$(MBEDTLS_DIR)/library \
	-DMBEDTLS_CONFIG_FILE='"mbedtls_profile.h"' $(SAME) $(CFLAGS)
ARITHMETIC := $(MBEDTLS_FAST_SOURCES) $(filter 3rdparty/%,$(MBEDTLS_SMALL_SOURCES)) \
	$(patsubst %,library/%.c,aes block_cipher ecp gcm sha256 sha512)

$(OUT)/mbedtls.a: $(patsubst %.c,$(OUT)/mbedtls/%.o,$(MBEDTLS_FAST_SOURCES) \
		$(MBEDTLS_SMALL_SOURCES))
	@rm -f $@ && ar rcs $@ $^

$(OUT)/mbedtls/%.o: tests/fuzz.mk port/mbedtls/mbedtls_profile.h port/mbedtls/migtask_tls_config.h \
		$(wildcard port/mbedtls/changed/*)
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(MBEDTLS_FLAGS) $(if $(filter $*.c,$(ARITHMETIC)),,$(GUIDED)) \
		-c $(call mbedtls_file,$*.c) -o $@

# What good servers say, and certificates.
$(OUT)/material.c: tests/fuzz/material.py $(OUT)/record \
		$(wildcard tests/tls/*.py tests/service/*.py)
	@$(PYTHON) $< $(OUT)/record $(OUT)

$(OUT)/material.o: $(OUT)/material.c tests/fuzz/material.h
	@$(FUZZ_CC) $(FLAGS) $(FLAGS_mcu) -c $< -o $@

TOGETHER = -Wl,--start-group $^ -Wl,--end-group $(WRAP) -lcmocka
$(OUT)/record: $(OUT)/mcu/driver/tests/fuzz/record.o $(OUT)/mcu/tls.a $(OUT)/mcu/core.a \
		$(OUT)/mbedtls.a
	@$(FUZZ_CC) $(FLAGS) $(TOGETHER) -o $@

define configuration
$(OUT)/$(1)/core.a: $(PRODUCT:%.c=$(OUT)/$(1)/product/%.o) $(DRIVER:%.c=$(OUT)/$(1)/driver/%.o)
	@rm -f $$@ && ar rcs $$@ $$^

$(OUT)/$(1)/product/%.o: %.c tests/fuzz.mk
	@mkdir -p $$(@D)
	@$(FUZZ_CC) $(FLAGS) $(FLAGS_$(1)) $(GUIDED) -MMD -MP -c $$< -o $$@

$(OUT)/$(1)/driver/%.o: %.c tests/fuzz.mk
	@mkdir -p $$(@D)
	@$(FUZZ_CC) $(FLAGS) $(FLAGS_$(1)) -MMD -MP -c $$< -o $$@

$(OUT)/verdicts-$(1): $(OUT)/$(1)/driver/tests/fuzz/verdicts.o $(OUT)/$(1)/core.a
	@$(FUZZ_CC) $(FLAGS) $$^ -lcmocka -o $$@

$(OUT)/$(1)/tls.a: $(PORT_TLS:%.c=$(OUT)/$(1)/product/%.o) $(OUT)/$(1)/driver/tests/fuzz/wire.o \
		$(OUT)/$(1)/driver/tests/fuzz/x509.o
	@rm -f $$@ && ar rcs $$@ $$^

$(patsubst %,$(OUT)/%-$(1),roots chain handshake): $(OUT)/%-$(1): \
		$(OUT)/$(1)/driver/tests/fuzz/%.o $(OUT)/material.o \
		$(OUT)/$(1)/tls.a $(OUT)/$(1)/core.a $(OUT)/mbedtls.a
	@$(FUZZ_CC) $(FLAGS) -fsanitize=fuzzer $$(TOGETHER) -o $$@

$(OUT)/%-$(1): $(OUT)/$(1)/driver/tests/fuzz/%.o $(OUT)/$(1)/core.a
	@$(FUZZ_CC) $(FLAGS) -fsanitize=fuzzer $$^ -lcmocka -o $$@
endef
$(foreach name,mcu host,$(eval $(call configuration,$(name))))

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
