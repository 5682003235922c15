#define _GNU_SOURCE 1

#include "addresses.h"

#include <string.h>

/* FNV-1a. Two addresses of the same hash would share a place in the order, no more. */
static uint32_t hash_of(const migtask_posix_address *address)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < address->len; i++) {
        hash = (hash ^ address->bytes[i]) * 16777619u;
    }
    return hash;
}

/* 0: not silent; else the larger, the later it was. */
static unsigned silence_of(const migtask_posix_addresses *all, const migtask_posix_address *address)
{
    uint32_t hash = hash_of(address);
    unsigned i = MIGTASK_POSIX_SILENT;

    while (i > 0 && all->silent[i - 1] != hash) {
        i--;
    }
    return i;
}

void migtask_posix_addresses_note(migtask_posix_addresses *all, unsigned at, bool heard)
{
    unsigned place = silence_of(all, &all->list[at]);

    if (place == 0 && heard) {
        return;
    }
    for (unsigned i = place > 0 ? place - 1 : 0; i + 1 < MIGTASK_POSIX_SILENT; i++) {
        all->silent[i] = all->silent[i + 1];
    }
    all->silent[MIGTASK_POSIX_SILENT - 1] = heard ? 0 : hash_of(&all->list[at]);
}

/* Puts the addresses that are still to be tried in order: IPv6 and IPv4 by turns, each as they
 * were; silent ones after all others, the latest last. */
static void put_in_order(migtask_posix_addresses *all)
{
    migtask_posix_address left[MIGTASK_POSIX_ADDRESSES];
    unsigned count = (unsigned)all->count - all->next;
    migtask_posix_address *to = &all->list[all->next];
    uint8_t turn = 16;

    memcpy(left, to, count * sizeof *left);
    for (unsigned put = 0; put < count; put++) {
        unsigned best = count;
        unsigned best_rank = 0;

        for (unsigned i = 0; i < count; i++) {
            unsigned rank = 2 * silence_of(all, &left[i]) + (left[i].len != turn ? 1 : 0);

            if (left[i].len != 0 && (best == count || rank < best_rank)) {
                best = i;
                best_rank = rank;
            }
        }
        to[put] = left[best];
        left[best].len = 0;
        turn = to[put].len == 16 ? 4 : 16;
    }
}

void migtask_posix_addresses_add(migtask_posix_addresses *all, const migtask_posix_address *found,
                                 unsigned count)
{
    unsigned half = MIGTASK_POSIX_ADDRESSES / 2;
    unsigned need = count < half ? count : half;
    unsigned kept = all->count;

    if (kept > MIGTASK_POSIX_ADDRESSES - need) {
        kept = MIGTASK_POSIX_ADDRESSES - need;
        kept = kept > all->next ? kept : all->next;
    }
    if (count > MIGTASK_POSIX_ADDRESSES - kept) {
        count = MIGTASK_POSIX_ADDRESSES - kept;
    }
    memcpy(&all->list[kept], found, count * sizeof *found);
    all->count = (uint8_t)(kept + count);
    put_in_order(all);
}
