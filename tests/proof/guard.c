/* The JSON guard: any state that keeps the invariant, any input; the kept text by its contracts. */
#include "json_guard.c"

#include "guard_ok.h"

#define CAP MIGTASK_REPLY_TEXT

#ifndef PIECE
#define PIECE 1 /* of a header */
#endif

/* ---- the contracts of the kept text, see kept.c ----
 * They know where things stand in the buffer. There is none: so it is proved, too, that the guard
 * writes into it by these functions alone. */

static void forget(struct migtask_kept_text *text)
{
    text->cut = any_bool();
    text->starred = any_bool();
    text->window_len = any_uint16();
    text->done = any_uint16();
    text->left = any_unsigned();
    text->len = any_size();
}

void migtask_kept_append(struct migtask_kept_text *text, const char *ptr, size_t len)
{
    prove(may_append(text, ptr, len));
    forget(text);
    assume(kept_waiting(text));
}

bool migtask_kept_begin(struct migtask_kept_text *text, unsigned place, uint32_t limit)
{
    prove(kept_idle(text) && place < 16);
    const struct migtask_kept_text old = *text;
    bool begun = any_bool();
    /* error_code and error_msg, or what comes first in their place, always find all the room that
     * they may need. */
    const struct migtask_guard *guard =
        (const void *)((const char *)text - offsetof(struct migtask_guard, text));
    bool first = (guard->seen & CODES) == 1u << place || (guard->seen & MESSAGES) == 1u << place;
    prove(implies(first, old.len < old.end && old.end - old.len - 1 >= MIGTASK_KEPT_BYTES(limit)));
    start = old.len;
    forget(text);
    assume(begin_after(&old, text, begun));
    return begun;
}

void migtask_kept_end(struct migtask_kept_text *text)
{
    prove(kept_open(text));
    forget(text);
    assume(kept_idle(text) && text->len > start + 3);
}

void migtask_kept_raw(struct migtask_kept_text *text, const char *json, size_t len)
{
    prove(__CPROVER_r_ok(json, len) && text->len <= cap && len <= cap - text->len);
    text->len += len;
}

/* ---- proofs ---- */

/* Any at all. */
static struct migtask_guard any_struct(void)
{
    struct migtask_guard guard;
    unsigned which = (unsigned)any_upto(2);
    guard.started = any_bool();
    guard.no = any_bool();
    guard.blank = any_bool();
    guard.text.cut = any_bool();
    guard.text.starred = any_bool();
    guard.text.buf = NULL;
    guard.literal = literals[which] + any_upto(3);
    cap = CAP;
    start = any_upto(CAP);
    return guard;
}

static struct migtask_guard any_guard(void)
{
    struct migtask_guard guard = any_struct();
    assume(guard_ok(&guard));
    return guard;
}

void prove_guard_init(void)
{
    struct migtask_guard guard = {0};
    migtask_view secret = {NULL, 1 + any_upto(MIGTASK_TOKEN_MAX - 1)};
    cap = CAP;
    migtask_guard_init(&guard, secret, NULL, CAP);
    prove(guard_ok(&guard));
}

/* ---- the wanted place of a value ---- */

static bool claim_before(const struct migtask_guard *guard)
{
    return kept_idle(&guard->text) && freed_ok(guard) && guard->text.end == budget(guard) &&
           is_container(guard->here) &&
           (guard->next == NOWHERE ||
            (guard->next != MIGTASK_PLACE_ROOT && guard->next < MIGTASK_PLACE_COUNT));
}

static bool claim_after(const struct migtask_guard *old, const struct migtask_guard *guard,
                        enum migtask_json_kind kind, uint8_t place)
{
    return freed_ok(guard) && guard->text.end == budget(guard) &&
           /* plain text finds its room */
           implies(old->next == MIGTASK_PLACE_OTHER_MSG && kind == MIGTASK_JSON_STRING &&
                       (old->seen & MESSAGES) == 0,
                   place != NOWHERE) &&
           (place == NOWHERE
                ? kept_idle(&guard->text) && guard->text.len == old->text.len
                : place == old->next && (migtask_reply_members[place].kinds & kind) != 0 &&
                      kept_waiting(&guard->text) && guard->text.window_len == 0 &&
                      start == old->text.len && guard->text.len == start + 1);
}

uint8_t claim_contract(struct migtask_guard *guard, enum migtask_json_kind kind)
{
    prove(claim_before(guard));
    const struct migtask_guard old = *guard;
    uint8_t place = any_bool() ? old.next : NOWHERE;
    guard->elements = any_uint8();
    guard->seen = any_uint16();
    guard->freed = any_uint16();
    guard->truncated = any_uint8();
    guard->text.end = any_size();
    start = any_size();
    forget(&guard->text);
    assume(claim_after(&old, guard, kind, place));
    return place;
}

void prove_guard_claim(void)
{
    struct migtask_guard guard = any_struct();
    enum migtask_json_kind kind = (enum migtask_json_kind)(1u << any_upto(3));
    assume(claim_before(&guard));
    const struct migtask_guard old = guard;
    uint8_t place = claim(&guard, kind);
    prove(claim_after(&old, &guard, kind, place));
    prove(implies(place != NOWHERE, (guard.seen >> place & 1) != 0));
    /* The first of a kind is the one that counts, but for the elements of an array. */
    prove(implies(place != NOWHERE && (old.seen >> place & 1) != 0, (ELEMENTS >> place & 1) != 0));
    prove(guard.state == old.state && guard.next == old.next && guard.use == old.use &&
          guard.string == old.string && guard.here == old.here && guard.depth == old.depth &&
          guard.known == old.known && guard.allowed == old.allowed && guard.kept == old.kept &&
          guard.kept_truncated == old.kept_truncated && guard.judged == old.judged &&
          guard.started == old.started && guard.no == old.no && guard.blank == old.blank &&
          guard.high == old.high && guard.text.run == old.text.run);
}

/* ---- names ---- */

size_t migtask_find_name_contract(const char *names, const char *name, size_t len)
{
    prove(names == migtask_reply_names && __CPROVER_r_ok(name, len));
    return any_upto(MIGTASK_NAME_OF_ELEMENT);
}

void prove_guard_name(void)
{
    char name[MIGTASK_REPLY_NAME_MAX + 1];
    size_t len = any_upto(sizeof name);
    size_t place = migtask_find_name(migtask_reply_names, name, len);
    prove(place <= MIGTASK_NAME_OF_ELEMENT);
    prove(implies(place == MIGTASK_NAME_ERROR_MSG, len == 9 && name[0] == 'e' && name[8] == 'g'));
    prove(implies(len == 4 && memcmp(name, "code", 4) == 0, place == MIGTASK_NAME_CODE));
}

/* ---- bytes ---- */

/* How many bytes a string took, of one: what CBMC knows for certain here it needn't try both ways,
 * with any state behind the second byte. */
size_t one_byte(size_t took)
{
    prove(took == 1);
    return 1;
}

/* One state at a time, and one byte or none, since that is quicker. */
static void step(enum json_state state)
{
    struct migtask_guard guard = any_guard();
    char input[1];
    assume(guard.state == state);
    guard.state = (uint8_t)state;
    const struct migtask_guard before = guard;
    if (any_bool()) {
        migtask_guard_read(&guard, input, 1);
    } else {
        migtask_guard_read(&guard, input, 0);
    }
    prove(guard_ok(&guard));
    /* What opens and what closes is what the byte says, and closes what was opened last. */
    prove(implies(guard.depth < before.depth,
                  input[0] == (is_object_at(&before, before.depth - 1u) ? '}' : ']')));
    prove(implies(guard.depth > before.depth,
                  input[0] == (is_object_at(&guard, before.depth) ? '{' : '[')));
    prove(guard.kept == before.kept && guard.kept_truncated == before.kept_truncated);
    prove(implies(state == NO_JSON, guard.state == NO_JSON));
    prove(implies(before.no, guard.no)); /* a no stays one */
}

void prove_guard_structure(void)
{
    step(STRUCTURE);
}

void prove_guard_string(void)
{
    step(STRING);
}

void prove_guard_sequence(void)
{
    step(SEQUENCE);
}

void prove_guard_escape(void)
{
    step(ESCAPE);
}

void prove_guard_hex(void)
{
    step(HEX_DIGITS);
}

void prove_guard_literal(void)
{
    step(LITERAL);
}

void prove_guard_text(void)
{
    step(PLAIN_TEXT);
}

void prove_guard_malformed(void)
{
    step(NO_JSON);
}

/* The body is over: what is kept fits, and of a broken body nothing is. */
void prove_guard_end(void)
{
    struct migtask_guard guard = any_guard();
    const struct migtask_guard before = guard;
    enum migtask_kind kind = migtask_guard_end(&guard);
    bool plain = before.use == PLAIN && before.state != NO_JSON;
    bool dropped = kind == MIGTASK_IS_NEITHER || (kind == MIGTASK_IS_JSON && plain);
    prove(implies(dropped, guard.text.len == before.kept + 2u));
    prove(implies(!dropped && kind != MIGTASK_IS_TEXT, guard.text.len == before.text.len + 2));
    prove(implies(kind == MIGTASK_IS_TEXT, plain && guard.use == IGNORED));
    prove(guard.text.len <= cap);
    /* What is kept ends behind a string, never inside of one. */
    prove(implies(kind != MIGTASK_IS_NEITHER && guard.started,
                  guard.depth == 0 && (dropped || !is_keeping(&guard))));
    prove(implies(is_keeping(&before) && dropped, guard.text.len <= start + 2));
}

/* ---- headers, which come before the body ---- */

/* Between the pieces of one header's value: in a string that is kept, or ignored as a duplicate. */
static bool header_ok(const struct migtask_guard *guard)
{
    bool inside = guard->state == STRING;
    return (inside || guard->state == STRUCTURE) && !guard->started && guard->depth == 0 &&
           guard->known == 0 && guard->here == MIGTASK_PLACE_ROOT && guard->allowed == MAY_VALUE &&
           guard->high == 0 && guard->name_len <= sizeof guard->name && guard->use <= KEPT &&
           implies(!inside, guard->next == MIGTASK_PLACE_OTHER_MSG && !is_keeping(guard) &&
                                guard->kept == guard->text.len &&
                                guard->kept_truncated == guard->truncated) &&
           !guard->blank && guard->judged == 0 && implies(inside, guard->use != A_NAME) &&
           implies(is_keeping(guard), guard->string < MIGTASK_PLACE_COUNT) && freed_ok(guard) &&
           (guard->seen & (CODES | MESSAGES)) == 0 && guard->kept >= 2 &&
           guard->kept <= (is_keeping(guard) ? start : guard->text.len) &&
           guard->text.end == budget(guard) &&
           (is_keeping(guard) ? kept_waiting(&guard->text) : kept_idle(&guard->text));
}

/* A piece of a header, of any bytes: a whole character at a time reaches the text, and behind the
 * last piece the guard is what a body may come to. */
void prove_guard_put(void)
{
    struct migtask_guard guard = any_struct();
    char piece[PIECE];
    unsigned place = MIGTASK_PLACE_REQUEST_ID +
                     (unsigned)any_upto(MIGTASK_PLACE_DATE - MIGTASK_PLACE_REQUEST_ID);
    bool last = any_bool();
    assume(header_ok(&guard));
    const struct migtask_guard before = guard;
    size_t len = any_upto(PIECE);
    bool none = before.state == STRUCTURE && len == 0; /* an empty value does not count */
    migtask_guard_put(&guard, place, piece, len, last);
    prove(header_ok(&guard));
    prove((guard.state == STRING) == (!last && !none));
    prove(implies(none, guard.seen == before.seen));
    prove(implies(last, guard_ok(&guard) && guard.kept_truncated == guard.truncated));
    /* The first of a kind is the one that counts. */
    prove(implies(before.state == STRUCTURE && (before.seen >> place & 1) != 0, guard.use != KEPT));
    prove((guard.seen & ~before.seen & ~(1u << place)) == 0);
}
