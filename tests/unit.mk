# The unit tests, by `make -f tests/unit.mk CONFIGURATION=mcu` (or host): each tests/unit/test_*.c
# is a cmocka program, linked with the core, the proxy's stream (a port that needs nothing else) and
# the other files there, under ASan and UBSan; test_posix with port/posix besides.

CONFIGURATION ?= mcu
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
JSMN_DIR ?= build/deps/jsmn
OUT := build/tests/unit-$(CONFIGURATION)
COMMA := ,
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.SECONDARY:

FLAGS := -std=c11 -O1 -g -Wall -Wextra -Wshadow -Wvla -Werror -D_GNU_SOURCE \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	$(if $(filter host,$(CONFIGURATION)),-DMIGTASK_CONFIG_HOST) -Icore -Iport/posix \
	-Iport/proxy -Itests/unit -isystem $(JSMN_DIR) $(CFLAGS)

PROGRAMS := $(patsubst tests/unit/%.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
SHARED := $(wildcard core/*.c port/proxy/*.c) \
	$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c))

.PHONY: run build
run: build
	@status=0; for program in $(PROGRAMS); do \
		timeout $${SECONDS_EACH:-400} $$program || { \
			echo "$$program: exit status $$?" >&2; status=1; }; \
	done; exit $$status

build: $(PROGRAMS)

# port/posix, with system calls that fail where the test wants it.
POSIX := $(patsubst %,$(OUT)/port/posix/%.o,addresses clock file hosts phrases random resolve tcp text waiting)
WRAPPED := fstat64 read pread64 open openat64 poll getrandom madvise clock_gettime pipe2 fork socket connect \
	getsockopt send recv _exit getaddrinfo if_nametoindex
$(OUT)/test_posix: $(OUT)/tests/unit/test_posix.o $(POSIX) $(SHARED:%.c=$(OUT)/%.o)
	@$(CC) $(FLAGS) $(addprefix -Wl$(COMMA)--wrap=,$(WRAPPED)) $^ -lcmocka -o $@

$(OUT)/test_%: $(OUT)/tests/unit/test_%.o $(SHARED:%.c=$(OUT)/%.o)
	@$(CC) $(FLAGS) $^ -lcmocka -o $@

$(OUT)/%.o: %.c tests/unit.mk
	@mkdir -p $(@D)
	@$(CC) $(FLAGS) -MMD -MP -c $< -o $@

-include $(wildcard $(OUT)/*/*.d $(OUT)/*/*/*.d)
