# The proofs, by `make -f tests/proof.mk prove`: CBMC shows that core/ keeps its invariants, and
# that each proof rejects the bugs that are seeded for it. See tests/proof/README.md. ALL=1 takes
# larger bounds; NAMES= proves only those whose names contain one of these words; EVERY=3 seeds
# only each third bug of a proof.

PYTHON ?= python3
JSMN_DIR ?= build/deps/jsmn
EVERY ?= 1
export JSMN_DIR

.PHONY: prove
prove:
	@port/deps.sh jsmn
	@$(PYTHON) tests/proof/run.py $(if $(ALL),--all) --every $(EVERY) $(NAMES)
