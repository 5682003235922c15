/*
 * guard_ok.h - the invariant of the JSON guard. Include it behind json_guard.c, whose states it
 * names.
 */
#ifndef GUARD_OK_H
#define GUARD_OK_H

#include "kept_ok.h"

static const char *const literals[] = {"rue", "alse", "ull"};

static bool is_in_string(const struct migtask_guard *guard)
{
    return guard->state >= STRING && guard->state <= HEX_DIGITS;
}

/* A text is under way: a string or a number that is kept, or plain text. */
static bool is_keeping(const struct migtask_guard *guard)
{
    return guard->state != NO_JSON && (guard->use == KEPT || guard->use == PLAIN);
}

/* What is kept where, and that it will be ended. */
static bool use_ok(const struct migtask_guard *guard)
{
    bool plain = guard->use == PLAIN;
    if (guard->state == NO_JSON) {
        return true;
    }
    return implies(guard->state == PLAIN_TEXT, plain) && implies(guard->blank, plain) &&
           implies(plain, guard->depth == 0 && guard->started && guard->state != STRING &&
                              guard->state != ESCAPE && guard->state != HEX_DIGITS) &&
           implies(guard->state == LITERAL, guard->use != KEPT) &&
           /* a number; it stands in something */
           implies(guard->state == STRUCTURE && is_keeping(guard),
                   (guard->allowed & (MAY_VALUE | MAY_NAME | MAY_COLON)) == 0 &&
                       (plain || guard->depth > 0));
}

/* The levels that a wanted object or array is in: 1 for the root. */
static unsigned level_of(unsigned place)
{
    return place == MIGTASK_PLACE_ROOT ? 1 : place == MIGTASK_PLACE_DETAIL ? 3 : 2;
}

static bool is_container(unsigned place)
{
    return place == MIGTASK_PLACE_ROOT || place == MIGTASK_PLACE_ERROR_PARAM ||
           place == MIGTASK_PLACE_DETAILS || place == MIGTASK_PLACE_DETAIL;
}

static bool is_object_at(const struct migtask_guard *guard, unsigned level)
{
    return (guard->objects[level >> 3] >> (level & 7) & 1) != 0;
}

/* What is open, and what of it is wanted: each wanted object or array is in its parent. */
static bool nesting_ok(const struct migtask_guard *guard)
{
    unsigned place = guard->here;
    if (guard->depth > MIGTASK_JSON_DEPTH || guard->known > guard->depth || !is_container(place) ||
        guard->known != (guard->known == 0 ? 0 : level_of(place))) {
        return false;
    }
    for (unsigned level = guard->known; level > 0; level--) {
        const struct migtask_json_member *member = &migtask_reply_members[place];
        if (is_object_at(guard, level - 1) != (member->kinds == MIGTASK_JSON_OBJECT)) {
            return false;
        }
        place = member->parent;
    }
    return place == MIGTASK_PLACE_ROOT;
}

/* The places that stand for an error code or a message, as bits. */
#define CODES (1u << MIGTASK_PLACE_ERROR_CODE | 1u << MIGTASK_PLACE_OTHER_CODE)
#define MESSAGES                                                                                   \
    (1u << MIGTASK_PLACE_ERROR_MSG | 1u << MIGTASK_PLACE_OTHER_MSG | 1u << MIGTASK_PLACE_TITLE)

/* The place of the value that comes is in what is open, or one that may stand anywhere below the
 * root; the root itself has but the place of a text. */
static bool next_ok(const struct migtask_guard *guard)
{
    if (guard->state == STRUCTURE && guard->depth == 0 && (guard->allowed & MAY_VALUE) != 0 &&
        (guard->next != MIGTASK_PLACE_OTHER_MSG || (guard->seen & MESSAGES) != 0)) {
        return false; /* the body begins, and what is plain text has its place */
    }
    if (guard->next == NOWHERE || (guard->allowed & (MAY_VALUE | MAY_COLON)) == 0) {
        return true; /* there is none, or it is set again before a value can come */
    }
    if (guard->depth == 0) {
        return guard->next == MIGTASK_PLACE_OTHER_MSG;
    }
    return guard->next != MIGTASK_PLACE_ROOT && guard->next < MIGTASK_PLACE_COUNT &&
           (guard->depth == guard->known || guard->next >= MIGTASK_PLACE_OTHER_CODE) &&
           migtask_reply_members[guard->next].parent == guard->here;
}

/* What may come next fits what is open: so what closes is always what was opened last. */
static bool grammar_ok(const struct migtask_guard *guard)
{
    unsigned inside = guard->depth == 0 ? 0 : is_object_at(guard, guard->depth - 1u) ? 2 : 1;
    return implies((guard->allowed & MAY_END_ARRAY) != 0, inside == 1) &&
           implies((guard->allowed & (MAY_END_OBJECT | MAY_NAME | MAY_COLON)) != 0, inside == 2) &&
           implies((guard->allowed & MAY_COMMA) != 0, inside != 0) &&
           implies((guard->allowed & (MAY_NAME | MAY_COLON)) != 0,
                   (guard->allowed & MAY_VALUE) == 0) &&
           implies(is_in_string(guard) && guard->use == A_NAME, (guard->allowed & MAY_NAME) != 0);
}

/* The bytes under way of a string. */
static bool bytes_ok(const struct migtask_guard *guard)
{
    uint32_t character;
    if (guard->state == SEQUENCE) {
        return guard->count >= 1 && guard->count <= 3 &&
               migtask_utf8_decode(guard->sequence, guard->count, &character) > guard->count;
    }
    if (guard->state == LITERAL) {
        for (size_t i = 0; i < 3; i++) {
            size_t left = strlen(literals[i]);
            if (__CPROVER_same_object(guard->literal, literals[i])) {
                return (size_t)(guard->literal - literals[i]) < left;
            }
        }
        return false;
    }
    return implies(guard->state == HEX_DIGITS, guard->count <= 3);
}

/* The budget: where texts must end, so that the members that have not come yet find room. */
static size_t budget(const struct migtask_guard *guard)
{
    size_t freed = 0;
    size_t vital = 0;
    for (unsigned place = 0; place < MIGTASK_PLACE_COUNT; place++) {
        const struct migtask_json_member *member = &migtask_reply_members[place];
        bool is_freed = (guard->freed >> place & 1) != 0;
        freed += is_freed;
        vital += is_freed && member->vital ? MIGTASK_KEPT_BYTES(member->limit) : 0;
    }
    return cap - MIGTASK_KEPT_SLACK - MIGTASK_REPLY_RESERVE + freed * MIGTASK_KEPT_FRAME + vital;
}

/* Room is freed once, by the first that needs it: for the root's members and nothing else. */
static bool freed_ok(const struct migtask_guard *guard)
{
    const unsigned seen = guard->seen;
    const unsigned freed = guard->freed;
    const unsigned members = (2u << MIGTASK_PLACE_DATE) - 2u;
    const unsigned others = 1u << MIGTASK_PLACE_ERROR_CODE | 1u << MIGTASK_PLACE_ERROR_MSG;
    return (freed | members) == members && (freed & ~others) == (seen & members & ~others) &&
           ((seen & CODES) != 0) == ((freed >> MIGTASK_PLACE_ERROR_CODE & 1) != 0) &&
           ((seen & MESSAGES) != 0) == ((freed >> MIGTASK_PLACE_ERROR_MSG & 1) != 0);
}

static bool guard_ok(const struct migtask_guard *guard)
{
    /* What is dropped when the body is broken ends behind a string, too. */
    if (guard->state > NO_JSON || guard->kept < 2 ||
        guard->kept > (is_keeping(guard) ? start : guard->text.len)) {
        return false;
    }
    return implies(guard->state != NO_JSON,
                   nesting_ok(guard) && next_ok(guard) && grammar_ok(guard)) &&
           guard->use <= PLAIN && use_ok(guard) && guard->name_len <= sizeof guard->name &&
           bytes_ok(guard) && implies(is_keeping(guard), guard->string < MIGTASK_PLACE_COUNT) &&
           (guard->high == 0 || guard->high >> 10 == 0xD800 >> 10) &&
           /* before the body there are headers only */
           implies(!guard->started && !is_keeping(guard), guard->state == STRUCTURE) &&
           freed_ok(guard) && guard->text.end == budget(guard) &&
           (is_keeping(guard)         ? kept_waiting(&guard->text)
            : guard->state == NO_JSON ? kept_ok(&guard->text)
                                      : kept_idle(&guard->text));
}

#endif
