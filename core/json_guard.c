#include "json_guard.h"

#include <string.h>

#include "unicode.h"

enum state {
    /* The states of a number (RFC 8259 section 6) are rows of the table below. */
    SIGN,     /* behind the minus, or where a number begins */
    ZERO,     /* behind a leading zero */
    DIGITS,
    POINT,
    FRACTION,
    EXPONENT, /* behind 'e' */
    EXPONENT_SIGN,
    POWER,
    NUMBER_STATES,
    STRUCTURE = NUMBER_STATES, /* outside strings, numbers and literals: see allowed */
    STRING,
    SEQUENCE, /* inside a UTF-8 sequence */
    ESCAPE,   /* behind a backslash */
    HEX,      /* inside a \u escape */
    LITERAL,  /* inside true, false or null */
    MALFORMED
};

/* What may come next; nothing but white space once the root value is complete. */
enum { ALLOW_VALUE = 1, ALLOW_NAME = 2, ALLOW_COLON = 4, ALLOW_COMMA = 8, ALLOW_CLOSE = 16 };

enum use { IGNORED, NAME, KEPT };

#define NOWHERE UINT8_MAX
#define SLACK 8 /* bytes that stay free to close a string and three brackets */
#define FRAME 7 /* bytes around the text of a string of the root: ,"x":"" */
/* Bytes that a unit of text can take: an escaped quotation mark; in host, any character. */
#define UNIT_BYTES (MIGTASK_COUNT_CHARACTERS ? 4 : 2)

static bool is_object(const struct migtask_guard *guard)
{
    unsigned level = guard->depth - 1u;
    return (guard->objects[level >> 3] >> (level & 7) & 1) != 0;
}

/* Whether what is open now is wanted, and not something unknown inside of it. */
static bool is_here(const struct migtask_guard *guard)
{
    return guard->depth == guard->known && guard->here != NOWHERE;
}

static void flag(struct migtask_guard *guard, uint8_t place)
{
    guard->truncated |= (uint8_t)(1u << guard->members[place].flag);
}

/* ---- what is kept ---- */

/* How far the text at this place may fill the buffer: the strings of the root that have not come
 * yet must be able to. */
static size_t text_end(const struct migtask_guard *guard, uint8_t place)
{
    size_t end = guard->text.cap - SLACK;
    for (uint8_t i = 1; i < guard->member_count; i++) {
        const struct migtask_json_member *member = &guard->members[i];
        if (member->parent == 0 && i != place && (guard->seen >> i & 1) == 0) {
            end -= FRAME + (member->vital ? UNIT_BYTES * (size_t)member->limit : 0);
        }
    }
    return end;
}

/* A value begins: which wanted place does it fill? NOWHERE if it is unknown, of another type than
 * wanted, a duplicate, or finds no room. What stands before the value is written. */
static uint8_t claim(struct migtask_guard *guard, enum migtask_json_kind kind, char bracket)
{
    uint8_t place = guard->next;
    guard->next = NOWHERE;
    if (place == NOWHERE) {
        return NOWHERE;
    }
    const struct migtask_json_member *member = &guard->members[place];
    bool group = member->kind == MIGTASK_JSON_GROUP && kind == MIGTASK_JSON_OBJECT;
    bool element = member->name == NULL && !group;
    if ((member->kind != kind && !group) || (!element && (guard->seen >> member->same_as & 1) != 0)) {
        return NOWHERE;
    }
    place = member->same_as;
    guard->seen |= (uint16_t)(1u << place);
    if (group) {
        return place;
    }
    struct migtask_bounded_text *text = &guard->text;
    text->end = text_end(guard, place);
    if (text->len + FRAME > text->end ||
        (element && guard->elements == guard->members[member->parent].limit)) {
        flag(guard, place);
        return NOWHERE;
    }
    char frame[] = {',', '"', (char)('a' + place), '"', ':', bracket, '\0'};
    const char *before = text->buf + text->len - 1;
    bool first = *before == '{' || *before == '[';
    if (element) {
        guard->elements++;
        frame[4] = ',';
        migtask_text_structure(text, frame + (first ? 5 : 4));
    } else {
        migtask_text_structure(text, frame + (first ? 1 : 0));
    }
    return place;
}

/* ---- structure ---- */

static void end_value(struct migtask_guard *guard)
{
    guard->state = STRUCTURE;
    guard->allowed = guard->depth > 0 ? ALLOW_COMMA | ALLOW_CLOSE : 0;
}

/* The wanted place in what is open now: the one with the name that was read, or an array's. */
static void find_next(struct migtask_guard *guard)
{
    guard->next = NOWHERE;
    for (uint8_t i = 1; is_here(guard) && i < guard->member_count; i++) {
        const struct migtask_json_member *member = &guard->members[i];
        if (member->parent == guard->here &&
            (member->name == NULL || (strlen(member->name) == guard->name_len &&
                                      memcmp(member->name, guard->name, guard->name_len) == 0))) {
            guard->next = i;
        }
    }
}

/* Behind '[' or '{', or behind a comma: an element or a name comes. */
static void begin_item(struct migtask_guard *guard)
{
    if (is_object(guard)) {
        guard->allowed = ALLOW_NAME;
    } else {
        guard->allowed = ALLOW_VALUE;
        find_next(guard);
    }
}

static void begin_container(struct migtask_guard *guard, char bracket)
{
    bool object = bracket == '{';
    uint8_t place = claim(guard, object ? MIGTASK_JSON_OBJECT : MIGTASK_JSON_ARRAY, bracket);
    if (guard->depth == MIGTASK_JSON_DEPTH) {
        guard->state = MALFORMED;
        return;
    }
    uint8_t *bits = &guard->objects[guard->depth >> 3];
    uint8_t bit = (uint8_t)(1u << (guard->depth & 7));
    *bits = (uint8_t)(object ? *bits | bit : *bits & ~bit);
    guard->depth++;
    if (place != NOWHERE) {
        guard->here = place;
        guard->known = guard->depth;
        if (!object) {
            guard->elements = 0;
        }
        for (uint8_t i = 1; i < guard->member_count; i++) { /* each element has its own members */
            if (guard->members[i].parent == place && guard->members[place].name == NULL &&
                place != 0) {
                guard->seen &= (uint16_t)~(1u << i);
            }
        }
    }
    begin_item(guard);
    guard->allowed |= ALLOW_CLOSE;
}

static void end_container(struct migtask_guard *guard, char bracket)
{
    if (is_object(guard) != (bracket == '}')) {
        guard->state = MALFORMED;
        return;
    }
    if (is_here(guard)) {
        const struct migtask_json_member *member = &guard->members[guard->here];
        if (member->kind != MIGTASK_JSON_GROUP) {
            migtask_text_structure(&guard->text, bracket == '}' ? "}" : "]");
        }
        guard->here = guard->here == 0 ? NOWHERE : member->parent;
        guard->known--;
    }
    guard->depth--;
    end_value(guard);
}

/* ---- strings ---- */

static void begin_string(struct migtask_guard *guard)
{
    struct migtask_bounded_text *text = &guard->text;
    guard->state = STRING;
    guard->use = IGNORED;
    if (guard->allowed & ALLOW_NAME) {
        guard->use = NAME;
        guard->name_len = 0;
        return;
    }
    guard->string = claim(guard, MIGTASK_JSON_STRING, '"');
    if (guard->string != NOWHERE) {
        guard->use = KEPT;
        text->cut = false;
        text->left = guard->members[guard->string].limit;
        text->sink = guard->string == guard->sink_place ? guard->sink : NULL;
        text->sink_ctx = guard->sink_ctx;
    }
}

static void string_piece(struct migtask_guard *guard, const char *ptr, size_t len)
{
    if (guard->use == KEPT) {
        migtask_mask_append(&guard->mask, &guard->text, ptr, len);
    } else if (guard->use == NAME) {
        size_t room = sizeof guard->name - guard->name_len;
        len = len < room ? len : room;
        memcpy(guard->name + guard->name_len, ptr, len);
        guard->name_len = (uint8_t)(guard->name_len + len);
    }
}

/* Decoded text of a string. A high surrogate before it has not found its other half. */
static void string_text(struct migtask_guard *guard, const char *ptr, size_t len)
{
    if (guard->high != 0) {
        guard->high = 0;
        string_piece(guard, MIGTASK_REPLACEMENT, 3);
    }
    string_piece(guard, ptr, len);
}

static void end_string(struct migtask_guard *guard)
{
    string_text(guard, "", 0);
    if (guard->use == NAME) {
        guard->state = STRUCTURE;
        guard->allowed = ALLOW_COLON;
        find_next(guard);
        return;
    }
    if (guard->use == KEPT) {
        migtask_mask_end(&guard->mask, &guard->text);
        if (guard->text.cut) {
            flag(guard, guard->string);
        }
        migtask_text_structure(&guard->text, "\"");
    }
    end_value(guard);
}

/* One digit of a \u escape. RFC 8259 section 7. */
static void hex_byte(struct migtask_guard *guard, char c)
{
    unsigned digit = (unsigned)(c - '0');
    unsigned letter = (unsigned)((c | 0x20) - 'a');
    if (digit > 9 && letter > 5) {
        guard->state = MALFORMED;
        return;
    }
    guard->unit = (uint16_t)((unsigned)guard->unit << 4 | (digit <= 9 ? digit : letter + 10));
    if (++guard->count < 4) {
        return;
    }
    uint32_t character = guard->unit;
    char bytes[4];
    guard->state = STRING;
    if (character >> 10 == 0xDC00 >> 10) {
        /* The other half of a pair, or a stray one. */
        character = guard->high == 0
                        ? 0xFFFD
                        : 0x10000 + ((guard->high & 0x3FFu) << 10) + (character & 0x3FF);
        guard->high = 0;
    } else if (character >> 10 == 0xD800 >> 10) {
        string_text(guard, "", 0);
        guard->high = guard->unit;
        return;
    }
    string_text(guard, bytes, migtask_utf8_encode(character, bytes));
}

/* One byte behind a backslash. */
static void escape_byte(struct migtask_guard *guard, char c)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char escaped[] = "\"\\/\b\f\n\r\t";
    const char *found = memchr(escapes, c, sizeof escapes - 1);
    guard->state = STRING;
    if (found != NULL) {
        string_text(guard, &escaped[found - escapes], 1);
    } else {
        guard->count = 0;
        guard->state = c == 'u' ? HEX : MALFORMED;
    }
}

/* One byte of a UTF-8 sequence. */
static void sequence_byte(struct migtask_guard *guard, char c)
{
    uint32_t character;
    guard->sequence[guard->count++] = c;
    if (guard->count >= migtask_utf8_length((unsigned char)guard->sequence[0])) {
        bool valid = migtask_utf8_decode(guard->sequence, guard->count, &character) > 0;
        guard->state = valid ? STRING : MALFORMED;
        if (valid) {
            string_text(guard, guard->sequence, guard->count);
        }
    }
}

/* A piece of a string; returns how many bytes it took. */
static size_t string_bytes(struct migtask_guard *guard, const char *ptr, size_t len)
{
    size_t plain = migtask_plain_length(ptr, len);
    unsigned char c = (unsigned char)*ptr;
    if (c == 0x7F) { /* not plain, but allowed */
        plain = 1;
    }
    if (plain > 0) {
        string_text(guard, ptr, plain);
        return plain;
    }
    if (c == '"') {
        end_string(guard);
    } else if (c == '\\') {
        guard->state = ESCAPE;
    } else if (c >= 0x80) {
        guard->state = SEQUENCE;
        guard->count = 0;
        sequence_byte(guard, (char)c);
    } else {
        guard->state = MALFORMED;
    }
    return 1;
}

/* ---- numbers and literals ---- */

/* The state behind a byte of a number; STRUCTURE where the byte is not part of it any more. */
static uint8_t number_byte(uint8_t state, char c)
{
    enum { O, NONZERO, DOT, E, PLUS_MINUS, OTHER };
    static const uint8_t moves[NUMBER_STATES][OTHER + 1] = {
        [SIGN] = {ZERO, DIGITS, MALFORMED, MALFORMED, MALFORMED, MALFORMED},
        [ZERO] = {MALFORMED, MALFORMED, POINT, EXPONENT, MALFORMED, STRUCTURE},
        [DIGITS] = {DIGITS, DIGITS, POINT, EXPONENT, MALFORMED, STRUCTURE},
        [POINT] = {FRACTION, FRACTION, MALFORMED, MALFORMED, MALFORMED, MALFORMED},
        [FRACTION] = {FRACTION, FRACTION, MALFORMED, EXPONENT, MALFORMED, STRUCTURE},
        [EXPONENT] = {POWER, POWER, MALFORMED, MALFORMED, EXPONENT_SIGN, MALFORMED},
        [EXPONENT_SIGN] = {POWER, POWER, MALFORMED, MALFORMED, MALFORMED, MALFORMED},
        [POWER] = {POWER, POWER, MALFORMED, MALFORMED, MALFORMED, STRUCTURE},
    };
    unsigned digit = (unsigned)(c - '0');
    return moves[state][digit <= 9               ? digit > 0
                        : c == '.'               ? DOT
                        : (c | 0x20) == 'e'      ? E
                        : c == '+' || c == '-'   ? PLUS_MINUS
                                                 : OTHER];
}

static void literal_byte(struct migtask_guard *guard, char c)
{
    if (c != *guard->literal++) {
        guard->state = MALFORMED;
    } else if (*guard->literal == '\0') {
        end_value(guard);
    }
}

static void begin_value(struct migtask_guard *guard, char c)
{
    if (c == '{' || c == '[') {
        begin_container(guard, c);
        return;
    }
    guard->literal = c == 't' ? "rue" : c == 'f' ? "alse" : c == 'n' ? "ull" : NULL;
    if (guard->literal != NULL) {
        guard->state = LITERAL;
    } else {
        guard->state = c == '-' ? SIGN : number_byte(SIGN, c);
    }
}

/* One byte outside strings, numbers and literals. */
static void structure_byte(struct migtask_guard *guard, char c)
{
    uint8_t allowed = guard->allowed;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        return;
    }
    uint8_t needed = c == ','               ? ALLOW_COMMA
                     : c == ':'             ? ALLOW_COLON
                     : c == '}' || c == ']' ? ALLOW_CLOSE
                     : c == '"'             ? ALLOW_NAME | ALLOW_VALUE
                                            : ALLOW_VALUE;
    if ((allowed & needed) == 0) {
        guard->state = MALFORMED;
    } else if (needed == ALLOW_COMMA) {
        begin_item(guard);
    } else if (needed == ALLOW_COLON) {
        guard->allowed = ALLOW_VALUE;
    } else if (needed == ALLOW_CLOSE) {
        end_container(guard, c);
    } else if (c == '"') {
        begin_string(guard);
    } else {
        begin_value(guard, c);
    }
}

void migtask_guard_read(struct migtask_guard *guard, const char *ptr, size_t len)
{
    guard->started = true;
    while (len > 0) {
        size_t took = 1;
        switch (guard->state) {
        case MALFORMED:
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
        case HEX:
            hex_byte(guard, *ptr);
            break;
        case LITERAL:
            literal_byte(guard, *ptr);
            break;
        default:
            guard->state = number_byte(guard->state, *ptr);
            if (guard->state == STRUCTURE) { /* this byte comes after the number */
                end_value(guard);
                took = 0;
            }
            break;
        }
        ptr += took;
        len -= took;
    }
}

void migtask_guard_init(struct migtask_guard *guard, const struct migtask_json_member *members,
                        uint8_t member_count, migtask_view secret, char *buf, size_t cap)
{
    memset(guard, 0, offsetof(struct migtask_guard, mask));
    MIGTASK_ASSERT(member_count <= MIGTASK_JSON_MEMBERS_MAX);
    guard->state = STRUCTURE;
    guard->allowed = ALLOW_VALUE;
    guard->members = members;
    guard->member_count = member_count;
    guard->here = NOWHERE;
    guard->sink_place = NOWHERE;
    guard->text.buf = buf;
    guard->text.cap = cap;
    migtask_text_structure(&guard->text, "{");
    guard->kept = 1;
    migtask_mask_init(&guard->mask, secret);
}

void migtask_guard_put(struct migtask_guard *guard, uint8_t place, const char *ptr, size_t len,
                       bool cut)
{
    guard->next = place;
    begin_string(guard);
    string_piece(guard, ptr, len);
    migtask_mask_end(&guard->mask, &guard->text);
    guard->text.cut |= cut;
    end_string(guard);
    guard->allowed = ALLOW_VALUE;
    guard->next = 0;
    guard->kept = (uint16_t)guard->text.len;
    guard->kept_truncated = guard->truncated;
}

bool migtask_guard_end(struct migtask_guard *guard)
{
    /* A number is the only value that does not show its own end: any blank does. */
    bool valid = true;
    if (guard->started) {
        migtask_guard_read(guard, " ", 1);
        valid = guard->state == STRUCTURE && guard->allowed == 0;
    }
    if (!valid) {
        guard->text.len = guard->kept;
        guard->truncated = guard->kept_truncated;
    }
    migtask_text_structure(&guard->text, "}");
    return valid;
}
