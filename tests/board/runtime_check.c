/*
 * Are boards/firmware/runtime.c and cortex_m.c right? An image of its own that compares the
 * functions of the former with slow and simple ways to do the same; the exit status is 0, or the
 * line of what is wrong. With do=trap or do=overflow it breaks the program instead, which must end
 * in BOARD_FAULT. run.py builds and runs it.
 */
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "semihosting.h"

#define CHECK(condition) ((condition) ? (void)0 : semihosting_exit(__LINE__))

static char left[64], right[64];

/* Numbers of all sizes. */
static uint64_t next(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state >> (state % 64);
}

static void check_division(void)
{
    for (int i = 0; i < 20000; i++) {
        volatile uint64_t a = next();
        volatile uint64_t b = i % 16 == 0 ? UINT64_MAX - next() % 4 : next() + 1;
        if (b == 0) {
            continue;
        }
        uint64_t quotient = a / b;
        uint64_t remainder = a % b;
        CHECK(remainder < b && quotient * b + remainder == a);
        CHECK(quotient == 0 || quotient <= UINT64_MAX / b || b == 1);

        volatile int64_t c = i % 2 == 0 ? (int64_t)a : -(int64_t)(a >> 1);
        volatile int64_t d = i % 3 == 0 ? (int64_t)(b >> 1) + 1 : -(int64_t)(b >> 2) - 1;
        int64_t signed_quotient = c / d;
        int64_t signed_remainder = c % d;
        CHECK((uint64_t)signed_quotient * (uint64_t)d + (uint64_t)signed_remainder == (uint64_t)c);
        CHECK(signed_remainder == 0 || (signed_remainder < 0) == (c < 0));
        uint64_t size = (uint64_t)(signed_remainder < 0 ? -signed_remainder : signed_remainder);
        CHECK(size < (uint64_t)(d < 0 ? -d : d));
    }
}

static void fill(void)
{
    for (size_t i = 0; i < sizeof left; i++) {
        left[i] = right[i] = (char)next();
    }
}

static void check_copies(void)
{
    for (size_t to = 0; to < 12; to++) {
        for (size_t from = 0; from < 12; from++) {
            for (size_t len = 0; len < 40; len++) {
                char copy[64];
                fill();
                for (size_t i = 0; i < sizeof copy; i++) {
                    copy[i] = left[i];
                }
                CHECK(memmove(left + to, left + from, len) == left + to);
                CHECK(memcpy(right + to, copy + from, len) == right + to);
                for (size_t i = 0; i < sizeof copy; i++) {
                    char wanted = i >= to && i < to + len ? copy[i - to + from] : copy[i];
                    CHECK(left[i] == wanted && right[i] == wanted);
                }
                CHECK(memcmp(left, right, sizeof left) == 0);
            }
        }
    }
}

static void check_settings(void)
{
    for (size_t at = 0; at < 8; at++) {
        for (size_t len = 0; len < 40; len++) {
            fill();
            CHECK(memset(left + at, (int)(len * 7 + 0x180), len) == left + at);
            for (size_t i = 0; i < sizeof left; i++) {
                CHECK(left[i] == (i >= at && i < at + len ? (char)(len * 7 + 0x180) : right[i]));
            }
        }
    }
}

static void check_texts(void)
{
    static const char text[] = "a\xff"
                               "bc";
    const char *volatile same = text;
    CHECK(strlen(same) == 4 && strchr(same, 'b') == same + 2 && strchr(same, 'x') == NULL);
    CHECK(strchr(same, '\0') == same + 4 && strchr(same, 0xff) == same + 1);
    CHECK(memchr(same, 'c', 3) == NULL && memchr(same, 'c', 4) == same + 3);
    CHECK(strcmp(same, "a") > 0 && strcmp("a", same) < 0 && strcmp(same, text) == 0);
    CHECK(strncmp(same,
                  "a\xff"
                  "z",
                  2) == 0 &&
          strncmp(same, "ab", 2) > 0 && strncmp(same, "x", 0) == 0);
    CHECK(memcmp(same, "a\x01", 2) > 0 && memcmp(same, "a\xff\xff", 3) < 0);
}

/* Goes down without end. */
static int overflow(int depth) // NOLINT(misc-no-recursion): that is the point
{
    volatile char room[64];
    room[0] = (char)depth;
    return depth < 1000000 ? overflow(depth + 1) + room[0] : 0;
}

_Noreturn void firmware_main(void)
{
    char line[64];
    if (semihosting_command_line(line, sizeof line)) {
        if (strcmp(line, "do=trap") == 0) {
            __builtin_trap();
        }
        if (strcmp(line, "do=overflow") == 0) {
            (void)overflow(0);
        }
    }
    check_division();
    check_copies();
    check_settings();
    check_texts();
    semihosting_exit(0);
}

/* What the start-up code calls when the processor faults. */
void board_console(const char *text, size_t len)
{
    (void)text;
    (void)len;
}

_Noreturn void board_exit(int status)
{
    semihosting_exit(status);
}
