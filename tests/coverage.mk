# How much of the code the tests reach, by clang's own measure of lines, branches and MC/DC:
#
#   make -f tests/coverage.mk check   core, by the unit tests in both configurations
#   make -f tests/coverage.mk port    port/, by the tests of the command, of tests/lwip, of system
#                                     calls that fail, and by the corpus of the fuzz targets
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

PARTS := command lwip posix fuzz
.PHONY: check port $(PARTS:%=port-%) mutants all-mutants $(CONFIGURATIONS)
check: $(CONFIGURATIONS)
	@$(PYTHON) tests/coverage/coverage.py core $(LLVM) $(CONFIGURATIONS:%=$(OUT)/%)

# Built anew each time, for the compiler's warnings say what it cannot measure; not optimized, so
# that everything is counted where it stands. %m: what processes of one program count at once is
# put together, under a lock.
$(CONFIGURATIONS):
	@rm -rf $(OUT)/$@ && mkdir -p $(OUT)/$@
	@LLVM_PROFILE_FILE='$(OUT)/$@/%m.profraw' $(MAKE) -f tests/unit.mk CONFIGURATION=$@ \
		OUT=$(OUT)/$@ CC=clang$(LLVM) CFLAGS='-O0 -fno-sanitize=all $(MEASURE) -fcoverage-mcdc' \
		>$(OUT)/$@/log 2>&1 || { cat $(OUT)/$@/log; exit 1; }

# The ports: the command by its tests, the programs of tests/lwip by theirs, test_posix, the fuzz
# targets with TLS over their corpus. The tests of the command give it an environment of their own,
# so that the name of the profile is built in. What tests say of memory and system calls is not true
# of such a program: what counts is what was run. A profile is named %m, which adds all runs of a
# program up in one file, or %p, the process: %m takes programs with the same counted files for one.
COUNT = -fprofile-instr-generate=$(abspath $(OUT))/$(1)/$(2).profraw
LISTED := -fcoverage-mapping -fprofile-list=tests/coverage/port.list
FUZZED := roots-mcu roots-host chain-mcu handshake-mcu handshake-host files-host
port: $(PARTS:%=port-%)
	@$(PYTHON) tests/coverage/coverage.py port $(LLVM) $(PARTS:%=$(OUT)/%)

port-command:
	@rm -rf $(OUT)/command && mkdir -p $(OUT)/command
	@clang$(LLVM) -c tests/coverage/exit.c -o $(OUT)/command/exit.o
	@$(MAKE) OUT=$(OUT)/command CC=clang$(LLVM) CFLAGS='-O1 $(LISTED) $(call COUNT,command,%m)' \
		LDFLAGS='-Wl,--wrap=_exit $(OUT)/command/exit.o'
	@$(PYTHON) tests/command/run.py --binary $(OUT)/command/migtask --jobs 1 \
		>$(OUT)/command/log 2>&1 || true
	@echo "note: tests of the command: $$(tail -n 1 $(OUT)/command/log)"

port-lwip:
	@rm -rf $(OUT)/lwip && mkdir -p $(OUT)/lwip
	@$(MAKE) -f tests/lwip.mk OUT=$(OUT)/lwip CC='clang$(LLVM) $(call COUNT,lwip,%m)' \
		CFLAGS='-w -fno-sanitize=all $(LISTED)'
	@$(PYTHON) tests/lwip/run.py --programs $(OUT)/lwip >$(OUT)/lwip/log 2>&1 || true
	@echo "note: tests of port/lwip: $$(tail -n 1 $(OUT)/lwip/log)"

port-posix:
	@rm -rf $(OUT)/posix && mkdir -p $(OUT)/posix
	@$(MAKE) -f tests/unit.mk OUT=$(OUT)/posix CC=clang$(LLVM) \
		CFLAGS='-fno-sanitize=all $(LISTED) $(call COUNT,posix,%m)' $(OUT)/posix/test_posix
	@timeout 60 $(OUT)/posix/test_posix >$(OUT)/posix/log 2>&1 || { cat $(OUT)/posix/log; exit 1; }

port-fuzz:
	@rm -rf $(OUT)/fuzz && mkdir -p $(OUT)/fuzz
	@$(MAKE) -f tests/fuzz.mk OUT=$(OUT)/fuzz FUZZ_CC=clang$(LLVM) GUIDED= \
		CFLAGS='-w -fno-sanitize=all $(LISTED) $(call COUNT,fuzz,%p)' $(FUZZED:%=$(OUT)/fuzz/%)
	@$(PYTHON) tests/fuzz/run.py once $(OUT)/fuzz $(FUZZED)

SAMPLE ?= 50
SEED ?= 1
mutants:
	@$(PYTHON) tests/mutation/mutate.py --sample $(SAMPLE) --seed $(SEED)

all-mutants:
	@$(PYTHON) tests/mutation/mutate.py
