/*
 * proof.h - what the proofs share.
 *
 * A proof is a C function that CBMC takes for the program: every object that it leaves without a
 * value has any value, assume() leaves only those that a condition holds for, and prove() must
 * hold for all of these at once.
 */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define assume(condition) __CPROVER_assume(condition)
#define prove(condition) __CPROVER_assert(condition, #condition)

/* "If a, then b." */
#define implies(a, b) (!(a) || (b))

/* any_char() and so on give any value of that type. */
#define ANY(name, type)                                                                            \
    static inline type any_##name(void)                                                            \
    {                                                                                              \
        type any;                                                                                  \
        return any;                                                                                \
    }
ANY(char, char)
ANY(unsigned, unsigned)
ANY(uint8, uint8_t)
ANY(uint16, uint16_t)
ANY(size, size_t)

/* A bool of an object that was left without a value may be a byte that no bool has: give those of
 * a struct their values by this. */
static inline bool any_bool(void)
{
    return any_char() != 0;
}

/* Any number from 0 to most. */
static inline size_t any_upto(size_t most)
{
    size_t number = any_size();
    assume(number <= most);
    return number;
}

#endif
