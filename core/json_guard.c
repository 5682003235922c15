#include "json_guard.h"

#include <string.h>

#include "unicode.h"

enum json_state {
    STRUCTURE, /* outside strings and literals: see allowed */
    STRING,
    SEQUENCE,   /* inside a UTF-8 sequence */
    ESCAPE,     /* behind a backslash */
    HEX_DIGITS, /* inside a \u escape */
    LITERAL,    /* inside true, false or null */
    PLAIN_TEXT, /* in plain text, which is no JSON any more */
    NO_JSON
};

/* What may come next outside strings and literals. */
enum {
    MAY_VALUE = 1 << 0,
    MAY_NAME = 1 << 1,
    MAY_COLON = 1 << 2,
    MAY_COMMA = 1 << 3,
    MAY_END_OBJECT = 1 << 4,
    MAY_END_ARRAY = 1 << 5,
    MAY_END = 1 << 6,   /* the body's end, white space, and what follows a value: see end_value() */
    MAY_FIRST = 1 << 7, /* digit of a number, RFC 8259 section 6: none may follow a zero */
    MAY_DIGIT = 1 << 8,
    MAY_POINT = 1 << 9,
    MAY_FRACTION = 1 << 10, /* digit of it */
    MAY_EXPONENT = 1 << 11,
    MAY_SIGN = 1 << 12,
    MAY_POWER = 1 << 13, /* digit of it */
    IN_NUMBER =
        MAY_FIRST | MAY_DIGIT | MAY_POINT | MAY_FRACTION | MAY_EXPONENT | MAY_SIGN | MAY_POWER
};

enum use { IGNORED, A_NAME, KEPT, PLAIN };

#define NOWHERE UINT8_MAX

/* What is looked for in a value, and is a no if it is there: bits of migtask_guard.judged. */
enum {
    NO_CODE = 1 << 3,  /* the value of an error code: anything but null, "", 0 and "0" */
    NO_ERROR = 1 << 4, /* the value of an `error`: the same, but false, {} and [] are none either */
    NO_MORE = 1 << 5   /* anything: it comes after "0, [ or { */
};

static bool is_white(char c)
{
    return memchr(" \t\n\r", c, 4) != NULL;
}

static bool is_object(const struct migtask_guard *guard)
{
    unsigned level = guard->depth - 1u;
    return (guard->objects[level >> 3] >> (level & 7) & 1) != 0;
}

/* Whether what is open now is wanted, and not something unknown inside of it.
 */
static bool is_here(const struct migtask_guard *guard)
{
    return guard->depth == guard->known;
}

/* ---- what is kept ---- */

/* The places in elements of arrays. */
#define ELEMENTS                                                                                   \
    (1u << MIGTASK_PLACE_PARAM | 1u << MIGTASK_PLACE_DETAIL | 1u << MIGTASK_PLACE_DETAIL_CODE |    \
     1u << MIGTASK_PLACE_DETAIL_MSG)

/* A value begins: which wanted place does it fill? NOWHERE if it is unknown, of another type than
 * wanted, a duplicate, less than what has come already, or finds no room. */
static uint8_t claim(struct migtask_guard *guard, enum migtask_json_kind kind)
{
    struct migtask_kept_text *text = &guard->text;
    const uint8_t place = guard->next;
    if (place == NOWHERE || (migtask_reply_members[place].kinds & kind) == 0) {
        return NOWHERE;
    }
    bool room = true;
    if (place == MIGTASK_PLACE_PARAM || place == MIGTASK_PLACE_DETAIL) {
        /* An element may come again, with all that is in it, up to the array's limit. */
        room = guard->elements < migtask_reply_members[guard->here].limit;
        guard->elements = (uint8_t)(guard->elements + room);
        guard->seen &= (uint16_t)(0xFFFFu ^ ELEMENTS);
    }
    const struct migtask_json_member *const member = &migtask_reply_members[place];
    uint8_t best = place;
    while ((guard->seen >> best & 1) == 0 && migtask_reply_members[best].better != best) {
        best = migtask_reply_members[best].better;
    }
    if ((guard->seen >> best & 1) != 0) {
        return NOWHERE;
    }
    guard->seen |= (uint16_t)(1u << place);
    if (member->parent == MIGTASK_PLACE_ROOT && (guard->freed >> best & 1) == 0) {
        /* takes what was kept free for it */
        guard->freed |= (uint16_t)(1u << best);
        text->end += MIGTASK_KEPT_FRAME;
        text->end += migtask_reply_members[best].vital ? MIGTASK_KEPT_BYTES(member->limit) : 0;
    }
    if (migtask_reply_members[best].vital) { /* what it goes before was cut in vain */
        guard->truncated &= (uint8_t)(0xFFu ^ member->flag);
    }
    if (!room || !migtask_kept_begin(text, place, member->limit)) {
        guard->truncated |= member->flag;
        return NOWHERE;
    }
    return place;
}

/* The text that is kept is complete. */
static void end_kept(struct migtask_guard *guard)
{
    migtask_kept_end(&guard->text);
    guard->use = IGNORED;
    if (guard->text.cut) {
        guard->truncated |= migtask_reply_members[guard->string].flag;
    }
}

/* ---- structure ---- */

/* What may come behind a value, or after another byte of a number. */
static void end_value(struct migtask_guard *guard, unsigned allowed)
{
    if (guard->depth > 0) {
        allowed |= MAY_COMMA | (is_object(guard) ? MAY_END_OBJECT : MAY_END_ARRAY);
    }
    guard->state = STRUCTURE;
    guard->allowed = (uint16_t)(allowed | MAY_END);
}

/* The wanted place of that name in what is open now; elements of arrays have none. */
static void find_next(struct migtask_guard *guard, size_t name)
{
    guard->next = NOWHERE;
    for (uint8_t i = 1; is_here(guard) && i < MIGTASK_PLACE_COUNT; i++) {
        const struct migtask_json_member *member = &migtask_reply_members[i];
        if (member->parent == guard->here && member->name == name) {
            guard->next = i;
        }
    }
    if (guard->next == NOWHERE && guard->here == MIGTASK_PLACE_ROOT &&
        name < MIGTASK_NAMES_ANYWHERE) {
        guard->next = migtask_reply_anywhere[name];
    }
}

/* Behind '[' or '{', or behind a comma: an element or a name comes. */
static void begin_item(struct migtask_guard *guard)
{
    guard->allowed = MAY_NAME;
    guard->judged = 0;
    if (!is_object(guard)) {
        guard->allowed = MAY_VALUE;
        find_next(guard, MIGTASK_NAME_OF_ELEMENT);
    }
}

static void begin_container(struct migtask_guard *guard, bool object)
{
    uint8_t place = claim(guard, object ? MIGTASK_JSON_OBJECT : MIGTASK_JSON_ARRAY);
    const bool must_be_empty = (guard->judged & NO_ERROR) != 0;
    if (guard->depth == MIGTASK_JSON_DEPTH) {
        guard->state = NO_JSON;
        return;
    }
    uint8_t *bits = &guard->objects[guard->depth >> 3];
    unsigned level = guard->depth++ & 7u;
    *bits = (uint8_t)((*bits & ~(1u << level)) | (unsigned)object << level);
    if (place != NOWHERE) {
        migtask_kept_end(&guard->text); /* it has no text of its own */
        guard->here = place;
        guard->known = guard->depth;
        if (!object) {
            guard->elements = 0;
        }
    } else if (guard->depth == 1 && object) { /* the root, which has no text either */
        guard->known = 1;
    }
    begin_item(guard);
    guard->judged = must_be_empty ? NO_MORE : 0;
    guard->allowed |= object ? MAY_END_OBJECT : MAY_END_ARRAY;
}

static void end_container(struct migtask_guard *guard)
{
    if (is_here(guard)) {
        guard->here = migtask_reply_members[guard->here].parent;
        guard->known--;
    }
    guard->depth--;
    end_value(guard, 0);
}

/* ---- strings ---- */

/* A value that may be kept begins. */
static void begin_kept(struct migtask_guard *guard, enum migtask_json_kind kind)
{
    guard->string = claim(guard, kind);
    if (guard->string != NOWHERE) {
        guard->use = KEPT;
        guard->text.sink = guard->string == MIGTASK_PLACE_ENCODED_MESSAGE ? guard->sink : NULL;
    }
}

static void begin_string(struct migtask_guard *guard)
{
    guard->state = STRING;
    guard->use = IGNORED;
    if (guard->allowed & MAY_NAME) {
        guard->use = A_NAME;
        guard->name_len = 0;
        return;
    }
    begin_kept(guard, MIGTASK_JSON_STRING);
}

/* Decoded text of a string. */
static void string_text(struct migtask_guard *guard, const char *ptr, size_t len)
{
    if (guard->use == A_NAME) {
        size_t room = sizeof guard->name - guard->name_len; /* one that fills it is none of ours */
        len = len < room ? len : room;
        memcpy(guard->name + guard->name_len, ptr, len);
        guard->name_len = (uint8_t)(guard->name_len + len);
        return;
    }
    if (guard->judged != 0) { /* the first character may be a zero, if it is the last as well */
        guard->no |= guard->judged == NO_MORE || len != 1 || *ptr != '0';
        guard->judged = NO_MORE;
    }
    if (guard->use != IGNORED) {
        if (guard->blank) {
            guard->blank = false;
            migtask_kept_append(&guard->text, " ", 1);
        }
        migtask_kept_append(&guard->text, ptr, len);
    }
}

/* What comes now is not the other half of the high surrogate that waits for it, if one does. */
static void end_surrogate(struct migtask_guard *guard)
{
    if (guard->high != 0) {
        guard->high = 0;
        string_text(guard, MIGTASK_REPLACEMENT, 3);
    }
}

static void end_string(struct migtask_guard *guard)
{
    end_value(guard, 0);
    if (guard->use == A_NAME) {
        guard->allowed = MAY_COLON;
        size_t name = migtask_find_name(migtask_reply_names, guard->name, guard->name_len);
        find_next(guard, name);
        guard->judged = name <= MIGTASK_NAME_ERROR_CODE ? NO_CODE
                        : name == MIGTASK_NAME_ERROR    ? NO_ERROR
                                                        : 0;
    } else if (guard->use == KEPT) {
        end_kept(guard);
    }
}

/* One byte of a \u escape. RFC 8259 section 7. */
static void hex_byte(struct migtask_guard *guard, char c)
{
    char bytes[4];
    unsigned digit = migtask_hex_value(c);
    uint32_t character = (uint16_t)((unsigned)guard->unit << 4 | digit);
    guard->unit = (uint16_t)character;
    if (digit > 15) {
        guard->state = NO_JSON;
        return;
    }
    if (++guard->count < 4) {
        return;
    }
    guard->state = STRING;
    if (character >> 10 == 0xDC00 >> 10 && guard->high != 0) {
        character = 0x10000 + ((guard->high & 0x3FFu) << 10) + (character & 0x3FF);
        guard->high = 0;
    }
    end_surrogate(guard);
    if (character >> 10 == 0xD800 >> 10) {
        guard->high = guard->unit;
        return;
    }
    if (character >> 10 == 0xDC00 >> 10) { /* a stray one */
        character = 0xFFFD;
    }
    string_text(guard, bytes, migtask_utf8_encode(character, bytes));
}

/* One byte behind a backslash. */
static void escape_byte(struct migtask_guard *guard, char c)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char escaped[] = "\"\\/\b\f\n\r\t";
    const char *found = memchr(escapes, c, sizeof escapes - 1);
    if (found != NULL) {
        guard->state = STRING;
        end_surrogate(guard);
        string_text(guard, &escaped[found - escapes], 1);
    } else {
        guard->count = 0;
        guard->state = c == 'u' ? HEX_DIGITS : NO_JSON;
    }
}

/* Whether plain text may begin with this character beyond ASCII: white space of other scripts and
 * what nobody sees may have anything after it. (A byte order mark is none anywhere.) */
static bool begins_text(uint32_t character)
{
    return character > 0xA0 && character != 0x1680 && character != 0x180E &&
           (character < 0x2000 || character > 0x206F) && character != 0x3000 &&
           (character < 0xFE00 || character > 0xFE0F) &&
           (character < 0xFFF0 || character > 0xFFFF) && character < 0xE0000;
}

/* One byte of a UTF-8 sequence. */
static void sequence_byte(struct migtask_guard *guard, char c)
{
    uint32_t character;
    guard->sequence[guard->count++] = c;
    size_t need = migtask_utf8_decode(guard->sequence, guard->count, &character);
    if (need == 0) {
        guard->state = NO_JSON;
    } else if (need == guard->count) {
        guard->state = STRING;
        if (guard->use == PLAIN) {
            bool first = guard->text.window_len == 0;
            guard->state =
                character == 0xFEFF || (first && !begins_text(character)) ? NO_JSON : PLAIN_TEXT;
        }
        string_text(guard, guard->sequence, need);
    }
}

static void begin_sequence(struct migtask_guard *guard, char c)
{
    guard->state = SEQUENCE;
    guard->count = 0;
    sequence_byte(guard, c);
}

/* A piece of a string; returns how many bytes it took. */
static size_t string_bytes(struct migtask_guard *guard, const char *ptr, size_t len)
{
    size_t plain = migtask_plain_length(ptr, len);
    unsigned char c = (unsigned char)*ptr;
    if (c == '\\') {
        guard->state = ESCAPE;
        return 1;
    }
    end_surrogate(guard);
    if (c == 0x7F) { /* not plain, but allowed */
        plain = 1;
    }
    if (plain > 0) {
        string_text(guard, ptr, plain);
        return plain;
    }
    if (c == '"') {
        end_string(guard);
    } else if (c >= 0x80) {
        begin_sequence(guard, (char)c);
    } else {
        guard->state = NO_JSON;
    }
    return 1;
}

/* ---- plain text ---- */

/* What plain text does not begin with, nor goes on with after a whole value of JSON. */
static bool begins_no_text(char c)
{
    return memchr("{[\"<\x7F", c, 5) != NULL;
}

/* A body that does not begin like this is plain text, unless it turns out to be JSON. */
static void begin_text(struct migtask_guard *guard, char c)
{
    if (!begins_no_text(c)) {
        begin_kept(guard, MIGTASK_JSON_STRING);
        guard->use = PLAIN;
    }
}

/* One byte of plain text that stands for itself or begins a UTF-8 sequence. White space counts as
 * one blank, and not at the end; other control characters are no text. */
static void text_byte(struct migtask_guard *guard, char c)
{
    if (is_white(c)) {
        guard->blank = true;
    } else if ((unsigned char)c >= 0x80) {
        begin_sequence(guard, c);
    } else if (c < 0x20) {
        guard->state = NO_JSON;
    } else {
        string_text(guard, &c, 1);
    }
}

/* ---- numbers, literals, structure ---- */

/* What a byte does, in its low bits (nothing unless said); above them, for which judged values it
 * is a no. */
enum action {
    NOTHING,
    STRING_BEGINS,
    ITEM_ENDS,
    OBJECT_BEGINS,
    ARRAY_BEGINS,
    CONTAINER_ENDS,
    LITERAL_BEGINS,
    ACTIONS = 7
};

/* The grammar outside strings and literals, as rules: a byte, what must be allowed for it, what is
 * allowed behind it, and what is to be done. '1' stands for any digit, 'e' for both cases, and
 * MAY_END brings what follows a value. The first rule that fits is taken. */
static const struct {
    char byte;
    uint8_t action;
    uint16_t needed;
    uint16_t allowed;
} rules[] = {
    {'"', STRING_BEGINS | NO_MORE, MAY_NAME | MAY_VALUE, 0},
    {':', NOTHING, MAY_COLON, MAY_VALUE},
    {',', ITEM_ENDS, MAY_COMMA, 0},
    {'{', OBJECT_BEGINS | NO_CODE | NO_MORE, MAY_VALUE, 0},
    {'}', CONTAINER_ENDS, MAY_END_OBJECT, 0},
    {'[', ARRAY_BEGINS | NO_CODE | NO_MORE, MAY_VALUE, 0},
    {']', CONTAINER_ENDS, MAY_END_ARRAY, 0},
    {'-', NO_MORE, MAY_VALUE, MAY_FIRST},
    {'0', NO_MORE, MAY_VALUE | MAY_FIRST, MAY_POINT | MAY_EXPONENT | MAY_END},
    {'1', NO_CODE | NO_ERROR | NO_MORE, MAY_VALUE | MAY_FIRST | MAY_DIGIT,
     MAY_DIGIT | MAY_POINT | MAY_EXPONENT | MAY_END},
    {'.', NOTHING, MAY_POINT, MAY_FRACTION},
    {'0', NOTHING, MAY_FRACTION, MAY_FRACTION | MAY_EXPONENT | MAY_END},
    {'1', NO_CODE | NO_ERROR, MAY_FRACTION, MAY_FRACTION | MAY_EXPONENT | MAY_END},
    {'e', NOTHING, MAY_EXPONENT, MAY_SIGN | MAY_POWER},
    {'+', NOTHING, MAY_SIGN, MAY_POWER},
    {'-', NOTHING, MAY_SIGN, MAY_POWER},
    {'1', NOTHING, MAY_POWER, MAY_POWER | MAY_END},
    {'t', LITERAL_BEGINS | NO_CODE | NO_ERROR | NO_MORE, MAY_VALUE, 0},
    {'f', LITERAL_BEGINS | NO_CODE | NO_MORE, MAY_VALUE, 0},
    {'n', LITERAL_BEGINS | NO_MORE, MAY_VALUE, 0},
};

/* With this byte it is no JSON. */
static void give_up(struct migtask_guard *guard, char c)
{
    guard->state = guard->use == PLAIN && !begins_no_text(c) ? PLAIN_TEXT : NO_JSON;
}

static void literal_byte(struct migtask_guard *guard, char c)
{
    if (c != *guard->literal++) {
        give_up(guard, c);
    } else if (*guard->literal == '\0') {
        end_value(guard, 0);
    }
}

/* What comes now is no part of the number that is kept, if one is. */
static void end_number(struct migtask_guard *guard)
{
    if (guard->use == KEPT) {
        end_kept(guard);
    }
}

/* One byte outside strings and literals. */
static void structure_byte(struct migtask_guard *guard, char c)
{
    bool digit = c >= '0' && c <= '9';
    size_t i = 0;
    if (is_white(c)) {
        guard->allowed &= (uint16_t)~IN_NUMBER; /* nothing is left if that still lacked a digit */
        end_number(guard);
        return;
    }
    if (guard->depth == 0 && guard->allowed == MAY_VALUE) {
        begin_text(guard, c);
    }
    while ((rules[i].needed & guard->allowed) == 0 ||
           !(rules[i].byte == c || (rules[i].byte == '1' && digit) ||
             (rules[i].byte == 'e' && c == 'E'))) {
        if (++i == sizeof rules / sizeof rules[0]) {
            give_up(guard, c);
            return;
        }
    }
    guard->no |= (rules[i].action & guard->judged) != 0;
    if ((rules[i].action & ACTIONS) != NOTHING) {
        end_number(guard);
    }
    switch ((enum action)(rules[i].action & ACTIONS)) {
    case STRING_BEGINS:
        begin_string(guard);
        break;
    case ITEM_ENDS:
        begin_item(guard);
        break;
    case OBJECT_BEGINS:
        begin_container(guard, true);
        break;
    case ARRAY_BEGINS:
        begin_container(guard, false);
        break;
    case CONTAINER_ENDS:
        end_container(guard);
        break;
    case LITERAL_BEGINS:
        guard->state = LITERAL;
        guard->literal = c == 't' ? "rue" : c == 'f' ? "alse" : "ull";
        break;
    default:
        if ((guard->allowed & MAY_VALUE) != 0 && guard->use != PLAIN) {
            begin_kept(guard, MIGTASK_JSON_NUMBER);
        }
        if (guard->use == KEPT) {
            migtask_kept_append(&guard->text, &c, 1);
        }
        guard->allowed = rules[i].allowed;
        if ((guard->allowed & MAY_END) != 0) {
            end_value(guard, guard->allowed);
        }
        break;
    }
}

void migtask_guard_read(struct migtask_guard *guard, const char *ptr, size_t len)
{
    guard->started = true;
    while (len > 0) {
        size_t took = 1;
        const uint8_t state = guard->state;
        switch ((enum json_state)state) {
        case NO_JSON:
            return;
        case STRUCTURE:
            structure_byte(guard, *ptr);
            break;
        case STRING:
            took = string_bytes(guard, ptr, len);
            break;
        case SEQUENCE:
            sequence_byte(guard, *ptr);
            break;
        case ESCAPE:
            escape_byte(guard, *ptr);
            break;
        case HEX_DIGITS:
            hex_byte(guard, *ptr);
            break;
        case LITERAL:
            literal_byte(guard, *ptr);
            break;
        case PLAIN_TEXT:
            break;
        }
        if (guard->use == PLAIN && state != SEQUENCE) {
            text_byte(guard, *ptr);
        }
        ptr += took;
        len -= took;
    }
}

void migtask_guard_init(struct migtask_guard *guard, migtask_view secret, char *buf, size_t cap)
{
    struct migtask_kept_text *text = &guard->text;
    guard->allowed = MAY_VALUE;
    guard->next = MIGTASK_PLACE_OTHER_MSG; /* of a body that is a string, or plain text */
    text->buf = buf;
    text->end = cap - MIGTASK_KEPT_SLACK - MIGTASK_REPLY_RESERVE;
    text->secret = secret;
    text->run = secret.len < MIGTASK_MASK_RUN ? (uint8_t)secret.len : MIGTASK_MASK_RUN;
    migtask_kept_raw(text, "[\"", 2);
    guard->kept = (uint16_t)text->len;
}

void migtask_guard_put(struct migtask_guard *guard, unsigned place, const char *ptr, size_t len,
                       bool last)
{
    if (guard->state != STRING) {
        if (len == 0) {
            return;
        }
        guard->next = (uint8_t)place;
        begin_string(guard);
    }
    while (len > 0) {
        size_t take = migtask_plain_length(ptr, len);
        if (take == 0 && (unsigned char)*ptr >= 0x80) {
            string_text(guard, MIGTASK_REPLACEMENT, 3);
            take = 1;
        } else {
            take = take > 0 ? take : 1;
            string_text(guard, ptr, take);
        }
        ptr += take;
        len -= take;
    }
    if (last) {
        end_string(guard);
        guard->allowed = MAY_VALUE;
        guard->next = MIGTASK_PLACE_OTHER_MSG;
        guard->kept = (uint16_t)guard->text.len;
        guard->kept_truncated = guard->truncated;
    }
}

void migtask_guard_drop(struct migtask_guard *guard)
{
    guard->text.len = guard->kept;
    guard->truncated = guard->kept_truncated;
    migtask_kept_raw(&guard->text, "\"]", 2);
}

enum migtask_kind migtask_guard_end(struct migtask_guard *guard)
{
    const bool at_root = guard->state == STRUCTURE && guard->depth == 0;
    enum migtask_kind body = MIGTASK_IS_NEITHER;
    if (!guard->started || (at_root && (guard->allowed & MAY_END) != 0)) {
        body = MIGTASK_IS_JSON;
    } else if (at_root && guard->allowed == MAY_VALUE) {
        body = MIGTASK_IS_BLANK;
    } else if (guard->use == PLAIN && guard->state != SEQUENCE && guard->state != NO_JSON) {
        body = MIGTASK_IS_TEXT;
        end_kept(guard);
    }
    if (body == MIGTASK_IS_NEITHER || guard->use == PLAIN) {
        migtask_guard_drop(guard);
    } else {
        migtask_kept_raw(&guard->text, "\"]", 2);
    }
    return body;
}
