/*
 * The allocator of mbedTLS: one arena a process.
 *
 * mbedTLS brings one (memory_buffer_alloc.c), but with 32 bytes of header a block (64 on a 64-bit
 * machine) for blocks that mostly hold some 32 bytes. Here it is 4.
 *
 * A block begins with a word: its size (a multiple of 8, the word included), and in the low bits
 * whether it is used and whether the block before it is. The word lies 4 bytes before a multiple
 * of 8, so what follows it is aligned. A hole (a block that is not used) also has the links of
 * the list of holes, and its size again in its last word, by which the block after it finds its
 * start. Neighbouring holes are joined at once. Above `top` nothing is in use; a hole that
 * reaches it is given back to it. The smallest hole that fits is taken, and the room above top
 * only if none does, so `peak` does not depend on the size of the arena.
 */
#include "arena.h"

#include <string.h>

#include "mbedtls/platform.h"
#include "mbedtls/platform_util.h"

#define USED 1u
#define BEFORE_USED 2u
#define FLAGS 7u
#define WORD 4u
#define MIN_BLOCK 16u /* a word, two links, the size again */
#define NONE 0u       /* no block begins at offset 0 */
#define FIRST 4u      /* where the first block begins */

/* Process-wide, as mbedTLS's allocator is. Offsets are in bytes from base. */
static struct {
    uint8_t *base;
    uint32_t size;
    uint32_t top;
    uint32_t holes; /* the first of the list */
    uint32_t used;
    uint32_t peak;  /* highest top so far */
    uint32_t dirty; /* highest top since the last wipe */
    uint32_t refusals;
} arena;

static uint32_t get(uint32_t at)
{
    uint32_t word;
    memcpy(&word, arena.base + at, WORD);
    return word;
}

static void put(uint32_t at, uint32_t word)
{
    memcpy(arena.base + at, &word, WORD);
}

static uint32_t size_of(uint32_t block)
{
    return get(block) & ~FLAGS;
}

static void unlink_hole(uint32_t block)
{
    uint32_t next = get(block + WORD);
    uint32_t before = get(block + 2 * WORD);
    if (before == NONE) {
        arena.holes = next;
    } else {
        put(before + WORD, next);
    }
    if (next != NONE) {
        put(next + 2 * WORD, before);
    }
}

/* Makes a hole of a block whose neighbours are both used. */
static void link_hole(uint32_t block, uint32_t size)
{
    put(block, size | BEFORE_USED);
    put(block + WORD, arena.holes);
    put(block + 2 * WORD, NONE);
    put(block + size - WORD, size);
    if (arena.holes != NONE) {
        put(arena.holes + 2 * WORD, block);
    }
    arena.holes = block;
    put(block + size, get(block + size) & ~BEFORE_USED);
}

static uint32_t best_hole(uint32_t size)
{
    uint32_t best = NONE;
    uint32_t best_size = UINT32_MAX;
    for (uint32_t hole = arena.holes; hole != NONE; hole = get(hole + WORD)) {
        uint32_t its = size_of(hole);
        if (its >= size && its < best_size) {
            best = hole;
            best_size = its;
            if (its == size) {
                break;
            }
        }
    }
    return best;
}

static uint32_t take(uint32_t size)
{
    uint32_t block = best_hole(size);
    if (block != NONE) {
        uint32_t whole = size_of(block);
        unlink_hole(block);
        if (whole - size >= MIN_BLOCK) {
            link_hole(block + size, whole - size);
            whole = size;
        } else {
            put(block + whole, get(block + whole) | BEFORE_USED);
        }
        put(block, whole | USED | BEFORE_USED);
        arena.used += whole;
        return block;
    }
    if (size > arena.size - arena.top) {
        return NONE;
    }
    block = arena.top; /* the block before it is used, or it would be part of the top */
    put(block, size | USED | BEFORE_USED);
    arena.top += size;
    arena.used += size;
    if (arena.dirty < arena.top) {
        arena.dirty = arena.top;
        if (arena.peak < arena.top) {
            arena.peak = arena.top;
        }
    }
    return block;
}

/* Zeros memory: with migtask_wipe() if it may hold secrets. */
static void zero_all(void *memory, size_t len, bool secrets)
{
    if (secrets) {
        migtask_wipe(memory, len);
    } else {
        memset(memory, 0, len);
    }
}

#if MIGTASK_TLS_SPARING
/* By words: memcmp() of a small C library takes five times as long. */
static bool is_zero(const uint8_t *at, size_t len)
{
    uint64_t word;
    uint64_t all = 0;
    for (; len >= sizeof word; at += sizeof word, len -= sizeof word) {
        memcpy(&word, at, sizeof word);
        all |= word;
    }
    while (len > 0) {
        all |= at[--len];
    }
    return all == 0;
}

/* The same, but of large memory nothing is written where zeros are: a record's buffer is mostly
 * larger than the records that come, and a page that nobody writes takes no memory. */
static void zero(uint8_t *at, size_t len, bool secrets)
{
    enum { LARGE = 1024, PIECE = 512 };
    if (len < LARGE) {
        zero_all(at, len, secrets);
        return;
    }
    for (size_t piece = PIECE; len > 0; at += piece, len -= piece) {
        piece = len < PIECE ? len : PIECE;
        if (!is_zero(at, piece)) {
            zero_all(at, piece, secrets);
        }
    }
}
#else
#define zero zero_all
#endif

#if MIGTASK_TLS_SPARING && defined(MIGTASK_MBEDTLS_PROFILE_H)
void mbedtls_platform_zeroize(void *buf, size_t len)
{
    if (len > 0) {
        zero(buf, len, true);
    }
}
#endif

static void *arena_calloc(size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        return NULL;
    }
    if (size > (arena.size - WORD) / count) {
        arena.refusals++;
        return NULL;
    }
    size_t len = count * size;
    uint32_t whole = (uint32_t)(len + WORD + FLAGS) & ~FLAGS;
    uint32_t block = take(whole < MIN_BLOCK ? MIN_BLOCK : whole);
    if (block == NONE) {
        arena.refusals++;
        return NULL;
    }
    zero(arena.base + block + WORD, len, false);
    return arena.base + block + WORD;
}

static void arena_free(void *memory)
{
    if (memory == NULL) {
        return;
    }
    MIGTASK_ASSERT((uint8_t *)memory > arena.base && (uint8_t *)memory < arena.base + arena.top);
    uint32_t block = (uint32_t)((uint8_t *)memory - arena.base) - WORD;
    uint32_t size = size_of(block);
    MIGTASK_ASSERT((get(block) & USED) != 0 && size <= arena.top - block);
    arena.used -= size;
    if ((get(block) & BEFORE_USED) == 0) {
        uint32_t before = get(block - WORD);
        block -= before;
        size += before;
        unlink_hole(block);
    }
    uint32_t after = block + size;
    if (after < arena.top && (get(after) & USED) == 0) {
        size += size_of(after);
        unlink_hole(after);
        after = block + size;
    }
    if (after == arena.top) {
        arena.top = block;
    } else {
        link_hole(block, size);
    }
}

#ifdef MBEDTLS_PLATFORM_MEMORY
#define set_allocator mbedtls_platform_set_calloc_free
#else /* this mbedTLS keeps the allocator that it was compiled with */
static int set_allocator(void *(*take)(size_t count, size_t size), void (*give_back)(void *block))
{
    (void)take;
    (void)give_back;
    memset(&arena, 0, sizeof arena);
    return -1;
}
#endif

bool migtask_arena_start(void *memory, size_t size)
{
    if ((uintptr_t)memory % 8 != 0 || size < 1024 || size > (1u << 30)) {
        return false;
    }
    memset(&arena, 0, sizeof arena);
    arena.base = memory;
    arena.size = (uint32_t)size & ~FLAGS;
    arena.top = arena.peak = arena.dirty = FIRST;
    return set_allocator(arena_calloc, arena_free) == 0;
}

bool migtask_arena_present(void)
{
    return arena.base != NULL;
}

uint32_t migtask_arena_refusals(void)
{
    return arena.refusals;
}

void migtask_arena_reset(void)
{
    if (arena.base != NULL) {
        arena.top = FIRST;
        arena.holes = NONE;
        arena.used = 0;
        migtask_arena_wipe();
    }
}

void migtask_arena_wipe(void)
{
    if (arena.base == NULL) {
        return;
    }
    for (uint32_t hole = arena.holes; hole != NONE; hole = get(hole + WORD)) {
        zero(arena.base + hole + 3 * WORD, size_of(hole) - 4 * WORD, true);
    }
    zero(arena.base + arena.top, arena.dirty - arena.top, true);
    arena.dirty = arena.top;
}

migtask_tls_memory migtask_tls_arena(void)
{
    migtask_tls_memory memory = {arena.size, arena.used, (arena.peak + FLAGS) & ~FLAGS,
                                 arena.refusals};
    return memory;
}
