/*
 * The kept text: any state that keeps the invariant, any piece of text.
 *
 * A contract stands where its function is called by a larger proof: it proves what must hold
 * before, forgets what the function may change, and assumes what prove_kept_... shows of it.
 */
#include "kept_text.c"

#include "kept_ok.h"

#define CAP 16 /* of the buffer; where in it things stand is any */

#ifndef SECRET
#define SECRET 1 /* longest credential */
#endif
#ifndef PIECE
#define PIECE 1 /* longest piece of text */
#endif
#ifndef RUN
#define RUN 1 /* shortest run that is taken out */
#endif

static char buf[CAP];
static char secret[SECRET];

/* Any one place in the buffer, and what stood there: what is proved of it is proved of every byte.
 * Before start nothing changes, and behind it no byte ends the string. So each string is closed as
 * it was begun, and in the end the text is ["...","...",""] and nothing else. */
static size_t watched;
static char watched_byte;

/* Bytes that would end a string, or the text, for jsmn. */
static bool ends_string(char c)
{
    return c == '"' || c == '\\' || c == '\0';
}

/* What holds of the bytes inside a string. It begins with a character, so no cut goes back beyond
 * the letter. */
static bool bytes_ok(const struct migtask_kept_text *text)
{
    return buf[start] >= 'a' && buf[start] < 'a' + 16 &&
           implies(text->len > start + 1, !is_inside(buf[start + 1])) &&
           implies(kept_fresh(text) && text->window_len > 0, !is_inside(text->window[0])) &&
           implies(watched <= start, buf[watched] == watched_byte) &&
           implies(watched > start && watched < text->len, !ends_string(buf[watched]));
}

static bool all_ok(const struct migtask_kept_text *text)
{
    return kept_open(text) && bytes_ok(text);
}

/* What the sink gets is readable. */
static void sink(void *ctx, const char *data, size_t len)
{
    (void)ctx;
    prove(len > 0 && __CPROVER_r_ok(data, len));
}

/* Any text and any place to watch. */
static struct migtask_kept_text any_kept(void)
{
    struct migtask_kept_text text;
    text.cut = any_bool();
    text.starred = any_bool();
    text.buf = buf;
    text.secret.ptr = secret;
    text.secret.len = 1 + any_upto(SECRET - 1);
    text.sink = any_bool() ? sink : NULL;
    __CPROVER_havoc_object(buf);
    __CPROVER_havoc_object(secret);
    cap = CAP;
    start = any_upto(CAP);
    watched = any_upto(CAP - 1);
    watched_byte = any_char();
    return text;
}

/* Any text that has grown out of an old one. */
static struct migtask_kept_text any_kept_like(const struct migtask_kept_text *old)
{
    struct migtask_kept_text text;
    text.cut = any_bool();
    text.starred = any_bool();
    text.run = old->run;
    text.end = old->end;
    text.buf = old->buf;
    text.secret = old->secret;
    text.sink = old->sink;
    text.sink_ctx = old->sink_ctx;
    __CPROVER_havoc_object(buf);
    return text;
}

/* ---- emit ---- */

static bool emit_before(const struct migtask_kept_text *text, const char *ptr, size_t len)
{
    bool first_inside = len > 0 && is_inside(*ptr);
    struct migtask_kept_text other = *text; /* the window plays no part */
    other.done = other.window_len = 0;
    return all_ok(&other) && len > 0 && __CPROVER_r_ok(ptr, len) &&
           implies(kept_fresh(text), !first_inside);
}

static bool emit_after(const struct migtask_kept_text *old, const struct migtask_kept_text *text)
{
    struct migtask_kept_text other = *text;
    other.done = other.window_len = 0;
    return all_ok(&other) && !kept_fresh(text) && text->left <= old->left &&
           implies(old->cut, text->cut && text->len == old->len);
}

void emit_contract(struct migtask_kept_text *text, const char *ptr, size_t len)
{
    prove(emit_before(text, ptr, len));
    const struct migtask_kept_text old = *text;
    *text = any_kept_like(&old);
    text->done = old.done;
    text->window_len = old.window_len;
    text->starred = old.starred;
    memcpy(text->window, old.window, sizeof old.window);
    assume(emit_after(&old, text));
}

void prove_kept_emit(void)
{
    struct migtask_kept_text text = any_kept();
    char piece[PIECE];
    size_t len = any_upto(PIECE);
    assume(emit_before(&text, piece, len));
    const struct migtask_kept_text old = text;
    emit(&text, piece, len);
    prove(emit_after(&old, &text));
    prove(text.end == old.end && text.buf == old.buf && text.done == old.done &&
          text.window_len == old.window_len && text.starred == old.starred);
}

/* ---- a cut leaves whole characters ---- */

/* Bytes of the character that begins so, or 0 inside of one. A stand-in is one byte. */
static size_t length_of(char first)
{
    unsigned c = (unsigned)(first & 0xFF);
    return c < 0x80 ? 1 : c < 0xC0 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF8 ? 4 : 1;
}

/* Whether the string, up to here, is empty or ends behind a character. */
static bool is_whole(size_t end)
{
    size_t last = end - 1;
    for (size_t i = 0; i < 3 && last > start && is_inside(buf[last]); i++) {
        last--;
    }
    return last == start ? end == start + 1 : length_of(buf[last]) == end - last;
}

/* Whether what came last are so many bytes of a character that goes on. Behind a cut none are. */
static bool ends_with(const struct migtask_kept_text *text, size_t bytes, size_t of)
{
    if (text->cut || bytes == 0) {
        return is_whole(text->len);
    }
    bool good = text->len - bytes > start && length_of(buf[text->len - bytes]) == of;
    for (size_t i = 1; good && i < bytes; i++) {
        good = is_inside(buf[text->len - i]);
    }
    return good && is_whole(text->len - bytes);
}

/* Any piece that goes on with a text in UTF-8, which may begin and end inside of a character. */
void prove_kept_cut(void)
{
    struct migtask_kept_text text = any_kept();
    char piece[PIECE];
    size_t len = any_upto(PIECE);
    size_t of = 2 + any_upto(2); /* bytes of the character under way */
    size_t bytes = any_upto(of - 1);
    assume(emit_before(&text, piece, len));
    assume(ends_with(&text, bytes, of));
    for (size_t i = 0; i < len; i++) {
        size_t length = length_of(piece[i]);
        assume((unsigned)(piece[i] & 0xFF) < MIGTASK_KEPT_STAND_IN);
        assume((length == 0) == (bytes > 0));
        of = bytes > 0 ? of : length;
        bytes = bytes + 1 == of ? 0 : bytes + 1;
    }
    emit(&text, piece, len);
    prove(ends_with(&text, bytes, of));
}

/* ---- take_out ---- */

static bool take_out_before(const struct migtask_kept_text *text, size_t place)
{
    return all_ok(text) && place >= text->run - 1u && place < text->window_len;
}

void take_out_contract(struct migtask_kept_text *text, size_t place)
{
    prove(take_out_before(text, place));
    const struct migtask_kept_text old = *text;
    *text = any_kept_like(&old);
    text->window_len = old.window_len;
    memcpy(text->window, old.window, sizeof old.window);
    assume(all_ok(text));
}

void prove_kept_take_out(void)
{
    struct migtask_kept_text text = any_kept();
    size_t place = any_size();
    assume(take_out_before(&text, place));
    const struct migtask_kept_text old = text;
    take_out(&text, place);
    prove(all_ok(&text));
    prove(text.done >= old.done && text.window_len == old.window_len && text.end == old.end);
}

void prove_kept_in_long_word(void)
{
    struct migtask_kept_text text = any_kept();
    size_t place = any_size();
    assume(take_out_before(&text, place));
    in_long_word(&text, place);
}

bool in_long_word_contract(const struct migtask_kept_text *text, size_t place)
{
    prove(take_out_before(text, place));
    return any_bool();
}

/* ---- scan ---- */

static bool scan_after(const struct migtask_kept_text *old, const struct migtask_kept_text *text,
                       size_t keep)
{
    return all_ok(text) && text->window_len == (old->window_len < keep ? old->window_len : keep);
}

void scan_contract(struct migtask_kept_text *text, size_t keep)
{
    prove(all_ok(text));
    const struct migtask_kept_text old = *text;
    *text = any_kept_like(&old);
    assume(scan_after(&old, text, keep));
}

void prove_kept_scan(void)
{
    struct migtask_kept_text text = any_kept();
    size_t keep = any_upto(MIGTASK_MASK_RUN - 1);
    assume(all_ok(&text) && text.run >= RUN);
    const struct migtask_kept_text old = text;
    scan(&text, keep);
    prove(scan_after(&old, &text, keep));
    prove(text.end == old.end && text.buf == old.buf);
}

/* ---- what json_guard.c calls ---- */

void prove_kept_append(void)
{
    struct migtask_kept_text text = any_kept();
    char piece[PIECE];
    size_t len = any_upto(PIECE);
    assume(may_append(&text, piece, len) && bytes_ok(&text));
    const struct migtask_kept_text old = text;
    migtask_kept_append(&text, piece, len);
    prove(kept_waiting(&text) && bytes_ok(&text));
    prove(text.end == old.end && text.buf == old.buf);
}

void prove_kept_begin(void)
{
    struct migtask_kept_text text = any_kept();
    unsigned place = (unsigned)any_upto(15);
    assume(kept_idle(&text) && start == text.len); /* where the letter comes */
    assume(watched_byte == buf[watched]);
    const struct migtask_kept_text old = text;
    bool begun = migtask_kept_begin(&text, place, any_unsigned());
    prove(begin_after(&old, &text, begun));
    prove(implies(watched < old.len, buf[watched] == watched_byte));
    watched_byte = buf[watched];
    prove(implies(begun, buf[start] == (char)('a' + place) && bytes_ok(&text)));
    prove(text.end == old.end && text.buf == old.buf);
}

void prove_kept_end(void)
{
    struct migtask_kept_text text = any_kept();
    assume(all_ok(&text));
    const struct migtask_kept_text old = text;
    migtask_kept_end(&text);
    prove(kept_idle(&text));
    prove(text.end == old.end && text.buf == old.buf);
    size_t quote = text.len - 3;
    prove(quote > start && memcmp(buf + quote, "\",\"", 3) == 0);
    prove(implies(watched <= start, buf[watched] == watched_byte));
    prove(implies(watched > start && watched < quote, !ends_string(buf[watched])));
}
