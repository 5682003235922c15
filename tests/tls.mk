# The command against hostile and good TLS servers, by `make -f tests/tls.mk run`: as it is built
# (`plain`), and once more under ASan and UBSan (`sanitized`; EVERY=3: each third row).
# `make -f tests/tls.mk soak` takes all rows, and changes records ROUNDS times more often.

PYTHON ?= python3
SANITIZED := build/tests/tls/sanitized
ROUNDS ?= 10
EVERY ?= 1
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Not nonnull-attribute: mbedTLS calls memcpy() with NULL for no bytes.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize=nonnull-attribute \
	-fno-sanitize-recover=all -fno-omit-frame-pointer

.PHONY: run plain sanitized soak build
run: plain sanitized

plain:
	@$(MAKE) BOARD=host all
	@$(PYTHON) tests/tls/run.py

sanitized: build
	@$(PYTHON) tests/tls/run.py --sanitized $(SANITIZED)/migtask --every $(EVERY)

soak: build
	@$(PYTHON) tests/tls/run.py --sanitized $(SANITIZED)/migtask
	@MIGTASK_TLS_ROUNDS=$(ROUNDS) $(PYTHON) tests/tls/run.py --sanitized $(SANITIZED)/migtask flips

build:
	@$(MAKE) BOARD=host OUT=$(SANITIZED) CFLAGS='$(SANITIZE)' all
