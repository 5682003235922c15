# How much of the code the tests reach, by clang's own measure of lines, branches and MC/DC:
#
#   make -f tests/coverage.mk check   core, by the unit tests in both configurations
#   make -f tests/coverage.mk port    port/posix, port/proxy and port/mbedtls, by the tests of the command
#
# All that is not reached must stand in tests/coverage/exceptions.txt with its reason. Needs
# clang-19, libclang-rt-19-dev and llvm-19.
#
# And whether the unit tests notice a change of what they reach (tests/mutation/mutate.py):
#
#   make -f tests/coverage.mk mutants       a sample
#   make -f tests/coverage.mk all-mutants   all, an hour and more

LLVM ?= -19
PYTHON ?= python3
OUT := build/tests/coverage
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:

CONFIGURATIONS := mcu host
MEASURE := -fprofile-instr-generate -fcoverage-mapping

.PHONY: check port mutants all-mutants $(CONFIGURATIONS)
check: $(CONFIGURATIONS)
	@$(PYTHON) tests/coverage/coverage.py core $(LLVM) $(CONFIGURATIONS:%=$(OUT)/%)

# Built anew each time, for the compiler's warnings say what it cannot measure; not optimized, so
# that everything is counted where it stands.
$(CONFIGURATIONS):
	@rm -rf $(OUT)/$@ && mkdir -p $(OUT)/$@
	@LLVM_PROFILE_FILE='$(OUT)/$@/%p.profraw' $(MAKE) -f tests/unit.mk CONFIGURATION=$@ \
		OUT=$(OUT)/$@ CC=clang$(LLVM) CFLAGS='-O0 -fno-sanitize=all $(MEASURE) -fcoverage-mcdc' \
		>$(OUT)/$@/log 2>&1 || { cat $(OUT)/$@/log; exit 1; }

# The tests of the command give it an environment of their own, so that the name of the profile is
# built in; %m adds all runs up in one file. What they say of memory and system calls is not true of
# such a program: what counts is what was run.
port:
	@rm -rf $(OUT)/port && mkdir -p $(OUT)/port
	@$(MAKE) OUT=$(OUT)/port CC=clang$(LLVM) CFLAGS='-O1 -fcoverage-mapping \
		-fprofile-list=tests/coverage/port.list \
		-fprofile-instr-generate=$(abspath $(OUT))/port/%m.profraw'
	@$(PYTHON) tests/command/run.py --binary $(OUT)/port/migtask --jobs 1 >$(OUT)/port/log 2>&1 || true
	@echo "note: tests of the command: $$(tail -n 1 $(OUT)/port/log)"
	@$(PYTHON) tests/coverage/coverage.py port $(LLVM) $(OUT)/port

SAMPLE ?= 50
SEED ?= 1
mutants:
	@$(PYTHON) tests/mutation/mutate.py --sample $(SAMPLE) --seed $(SEED)

all-mutants:
	@$(PYTHON) tests/mutation/mutate.py
