# The fuzz targets of tests/fuzz, with clang's libFuzzer, ASan and UBSan:
#   make -f tests/fuzz.mk check              the committed corpus, floors, short runs, comparison
#   make -f tests/fuzz.mk soak SECONDS=3600  that long for each target; what is new goes to
#                                            build/tests/fuzz/found
#   make -f tests/fuzz.mk corpus             what was found there, minimised, into tests/fuzz/corpus
# Only the product is counted by its edges, not what drives it.

FUZZ_CC ?= clang
PYTHON ?= python3
JSMN_DIR ?= build/deps/jsmn
SECONDS ?= 3600
OUT := build/tests/fuzz
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.SECONDARY:

FLAGS := -std=c11 -O1 -g -Wall -Wextra -Wshadow -Wvla -Werror -D_GNU_SOURCE \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-Icore -Iport/posix -Iport/proxy -Iport/mbedtls -Iboards/host -Itests/unit -Itests/fuzz \
	-isystem $(JSMN_DIR) $(CFLAGS)

# The host configuration with less room for text, so that it is exhausted and quick.
FLAGS_host := -DMIGTASK_CONFIG_HOST -DMIGTASK_REPLY_TEXT=16384
TARGETS := answer-mcu answer-host body-mcu body-host call-mcu arguments-host files-host
DRIVER := tests/fuzz/judge.c tests/unit/support.c tests/unit/stream_double.c
PRODUCT := $(wildcard core/*.c) \
	$(patsubst %,boards/host/%.c,options proxy_choice proxy_url no_proxy tasks token) \
	$(patsubst %,port/posix/%.c,clock file wait) $(patsubst %,port/mbedtls/%.c,der pem)

.PHONY: build check soak corpus
build: $(TARGETS:%=$(OUT)/%) $(OUT)/verdicts-mcu $(OUT)/verdicts-host
	@$(FUZZ_CC) --version >$(OUT)/compiler

check: build
	@$(PYTHON) tests/fuzz/run.py check $(OUT)

soak: build
	@$(PYTHON) tests/fuzz/run.py soak $(OUT) --seconds $(SECONDS)

corpus: build
	@$(PYTHON) tests/fuzz/run.py corpus $(OUT)

define configuration
$(OUT)/$(1)/core.a: $(PRODUCT:%.c=$(OUT)/$(1)/product/%.o) $(DRIVER:%.c=$(OUT)/$(1)/driver/%.o)
	@rm -f $$@ && ar rcs $$@ $$^

$(OUT)/$(1)/product/%.o: %.c tests/fuzz.mk
	@mkdir -p $$(@D)
	@$(FUZZ_CC) $(FLAGS) $(FLAGS_$(1)) -fsanitize=fuzzer-no-link -MMD -MP -c $$< -o $$@

$(OUT)/$(1)/driver/%.o: %.c tests/fuzz.mk
	@mkdir -p $$(@D)
	@$(FUZZ_CC) $(FLAGS) $(FLAGS_$(1)) -MMD -MP -c $$< -o $$@

$(OUT)/verdicts-$(1): $(OUT)/$(1)/driver/tests/fuzz/verdicts.o $(OUT)/$(1)/core.a
	@$(FUZZ_CC) $(FLAGS) $$^ -lcmocka -o $$@

$(OUT)/%-$(1): $(OUT)/$(1)/driver/tests/fuzz/%.o $(OUT)/$(1)/core.a
	@$(FUZZ_CC) $(FLAGS) -fsanitize=fuzzer $$^ -lcmocka -o $$@
endef
$(foreach name,mcu host,$(eval $(call configuration,$(name))))

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
