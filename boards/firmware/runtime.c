/*
 * What the compiler, lwIP and mbedTLS expect of a C library, in a sixth of newlib's size: these
 * functions and nothing else are linked. (Compiled without link-time optimization and loop idioms,
 * see firmware.mk: the compiler would make calls of memcpy() out of memcpy() itself.)
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Words wherever they lie: an ARMv7-M loads and stores them at any address. */
struct __attribute__((packed, may_alias)) word {
    uint32_t bits;
};

/* Upwards: the memories may overlap if `to` is the lower one. */
static void copy(char *to, const char *from, size_t len)
{
    for (; len >= 4; len -= 4, to += 4, from += 4) {
        ((struct word *)(void *)to)->bits = ((const struct word *)(const void *)from)->bits;
    }
    while (len-- > 0) {
        *to++ = *from++;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    copy(to, from, len);
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    char *out = to;
    const char *in = from;
    if ((uintptr_t)to - (uintptr_t)from >= len) {
        copy(out, in, len);
        return to;
    }
    while (len-- > 0) {
        out[len] = in[len];
    }
    return to;
}

void *memset(void *to, int value, size_t len)
{
    char *out = to;
    uint32_t bits = (uint8_t)value * 0x01010101u;
    for (; len >= 4; len -= 4, out += 4) {
        ((struct word *)(void *)out)->bits = bits;
    }
    while (len-- > 0) {
        *out++ = (char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    for (; len > 0; len--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}

void *memchr(const void *text, int wanted, size_t len)
{
    const uint8_t *at = text;
    for (; len > 0; len--, at++) {
        if (*at == (uint8_t)wanted) {
            return (void *)(uintptr_t)at;
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;
    while (*end != '\0') {
        end++;
    }
    return (size_t)(end - text);
}

char *strchr(const char *text, int wanted)
{
    return memchr(text, wanted, strlen(text) + 1);
}

int strncmp(const char *a, const char *b, size_t len)
{
    for (; len > 0; len--, a++, b++) {
        if (*a != *b || *a == '\0') {
            return (uint8_t)*a - (uint8_t)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

/* Division of 64-bit numbers, by the names and registers of Arm's "Run-time ABI": r0:r1 by r2:r3,
 * quotient to r0:r1, remainder to r2:r3. A bit at a time, since nothing here divides often. */
void divide_unsigned(void) __asm__("__aeabi_uldivmod");
void divide_signed(void) __asm__("__aeabi_ldivmod");

__attribute__((naked)) void divide_unsigned(void)
{
    __asm__ volatile("push {r4, r5, r6, lr}\n"
                     "movs r4, #0\n" /* the remainder so far */
                     "movs r5, #0\n"
                     "movs r6, #64\n"
                     "1: adds r0, r0, r0\n"
                     "adcs r1, r1, r1\n"
                     "adcs r4, r4, r4\n"
                     "adcs r5, r5, r5\n"
                     "bcs  2f\n"
                     "cmp  r4, r2\n"
                     "sbcs ip, r5, r3\n"
                     "bcc  3f\n"
                     "2: subs r4, r4, r2\n"
                     "sbc  r5, r5, r3\n"
                     "adds r0, r0, #1\n"
                     "3: subs r6, r6, #1\n"
                     "bne  1b\n"
                     "mov  r2, r4\n"
                     "mov  r3, r5\n"
                     "pop  {r4, r5, r6, pc}\n");
}

/* The remainder has the sign of the dividend. */
__attribute__((naked)) void divide_signed(void)
{
    __asm__ volatile("push {r4, r5, r6, lr}\n"
                     "mov  r5, r1\n"
                     "eor  r6, r1, r3\n"
                     "cmp  r1, #0\n"
                     "bge  1f\n"
                     "rsbs r0, r0, #0\n"
                     "sbc  r1, r1, r1, lsl #1\n"
                     "1: cmp r3, #0\n"
                     "bge  2f\n"
                     "rsbs r2, r2, #0\n"
                     "sbc  r3, r3, r3, lsl #1\n"
                     "2: bl __aeabi_uldivmod\n"
                     "cmp  r5, #0\n"
                     "bge  3f\n"
                     "rsbs r2, r2, #0\n"
                     "sbc  r3, r3, r3, lsl #1\n"
                     "3: cmp r6, #0\n"
                     "bge  4f\n"
                     "rsbs r0, r0, #0\n"
                     "sbc  r1, r1, r1, lsl #1\n"
                     "4: pop {r4, r5, r6, pc}\n");
}
