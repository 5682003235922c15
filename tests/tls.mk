# The command against hostile and good TLS servers, by `make -f tests/tls.mk run`: as it is built,
# and once more under ASan and UBSan. `make -f tests/tls.mk soak` changes records ROUNDS times more
# often.

PYTHON ?= python3
SANITIZED := build/tests/tls/sanitized
ROUNDS ?= 10
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Not nonnull-attribute: mbedTLS calls memcpy() with NULL for no bytes.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize=nonnull-attribute \
	-fno-sanitize-recover=all -fno-omit-frame-pointer

.PHONY: run soak build
run: build
	@$(PYTHON) tests/tls/run.py --sanitized $(SANITIZED)/migtask

soak: build
	@MIGTASK_TLS_ROUNDS=$(ROUNDS) $(PYTHON) tests/tls/run.py --sanitized $(SANITIZED)/migtask flips

build:
	@$(MAKE) BOARD=host all
	@$(MAKE) BOARD=host OUT=$(SANITIZED) CFLAGS='$(SANITIZE)' all
