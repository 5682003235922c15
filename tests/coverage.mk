# How much of the code the tests reach, by clang's own measure of lines, branches and MC/DC:
#
#   make -f tests/coverage.mk check   core, by the unit tests in both configurations
#
# All that is not reached must stand in tests/coverage/exceptions.txt with its reason. Needs
# clang-19, libclang-rt-19-dev and llvm-19.

LLVM ?= -19
PYTHON ?= python3
OUT := build/tests/coverage
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:

CONFIGURATIONS := mcu host

.PHONY: check $(CONFIGURATIONS)
check: $(CONFIGURATIONS)
	@$(PYTHON) tests/coverage/coverage.py core $(LLVM) $(CONFIGURATIONS:%=$(OUT)/%)

# Built anew each time, for the compiler's warnings say what it cannot measure; not optimized, so
# that everything is counted where it stands.
$(CONFIGURATIONS):
	@rm -rf $(OUT)/$@ && mkdir -p $(OUT)/$@
	@LLVM_PROFILE_FILE='$(OUT)/$@/%p.profraw' $(MAKE) -f tests/unit.mk CONFIGURATION=$@ \
		OUT=$(OUT)/$@ CC=clang$(LLVM) CFLAGS='-O0 -fno-sanitize=all -fprofile-instr-generate \
		-fcoverage-mapping -fcoverage-mcdc' >$(OUT)/$@/log 2>&1 || { cat $(OUT)/$@/log; exit 1; }
