#include "http_response.h"

#include <string.h>

/* States up to LINE_STATES move by the table below, one byte at a time. */
enum state {
    MALFORMED, /* 0: what the table does not name */
    PHRASE,
    STATUS_LF,
    NAME_START, /* of a header line, or CR of the empty line */
    NAME,
    VALUE_START, /* white space before the value */
    VALUE,
    VALUE_LF,
    SECTION_LF, /* of the empty line */
    CHUNK_FIRST,
    CHUNK_SIZE,
    EXT_SPACE, /* white space, then ';' */
    EXT_START, /* white space, then the extension's name */
    EXT_NAME,
    EXT_EQUALS, /* white space behind the name, then '=' or ';' */
    EXT_VALUE,  /* white space, then the extension's value */
    EXT_TOKEN,
    EXT_QUOTED,
    EXT_ESCAPED,
    EXT_END, /* behind a quoted value */
    CHUNK_LF,
    DATA_CR, /* behind a chunk's data */
    DATA_LF,
    LINE_STATES,
    STATUS = LINE_STATES, /* "HTTP/1.x NNN" and one byte more */
    CHUNK_DATA,
    BODY_LENGTH,
    BODY_TO_END,
    DONE,
    TOO_LARGE
};

/* What a byte can be. HEX is the hexadecimal digits, TOKEN the other characters of a token. */
enum class { BAD, HEX, TOKEN, TEXT, BLANK, COLON, SEMICOLON, EQUALS, QUOTE, BACKSLASH, CR, LF, CLASSES };

#define ANY_TOKEN(to) [HEX] = (to), [TOKEN] = (to)
/* RFC 9110 section 5.5: field-content; white space separately, since it may end a value. */
#define ANY_TEXT(to)                                                                               \
    ANY_TOKEN(to), [TEXT] = (to), [COLON] = (to), [SEMICOLON] = (to), [EQUALS] = (to),             \
                                  [QUOTE] = (to), [BACKSLASH] = (to)

/* RFC 9112 sections 4 (phrase), 5 (header lines: no obs-fold, no white space before the colon)
 * and 7.1 (chunks with extensions). */
static const uint8_t moves[LINE_STATES][CLASSES] = {
    [PHRASE] = {ANY_TEXT(PHRASE), [BLANK] = PHRASE, [CR] = STATUS_LF},
    [STATUS_LF] = {[LF] = NAME_START},
    [NAME_START] = {ANY_TOKEN(NAME), [CR] = SECTION_LF},
    [NAME] = {ANY_TOKEN(NAME), [COLON] = VALUE_START},
    [VALUE_START] = {ANY_TEXT(VALUE), [BLANK] = VALUE_START, [CR] = VALUE_LF},
    [VALUE] = {ANY_TEXT(VALUE), [BLANK] = VALUE, [CR] = VALUE_LF},
    [VALUE_LF] = {[LF] = NAME_START},
    [SECTION_LF] = {[LF] = NAME_START},
    [CHUNK_FIRST] = {[HEX] = CHUNK_SIZE},
    [CHUNK_SIZE] = {[HEX] = CHUNK_SIZE, [SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE, [CR] = CHUNK_LF},
    [EXT_SPACE] = {[SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE},
    [EXT_START] = {ANY_TOKEN(EXT_NAME), [BLANK] = EXT_START},
    [EXT_NAME] = {ANY_TOKEN(EXT_NAME), [EQUALS] = EXT_VALUE, [SEMICOLON] = EXT_START,
                  [BLANK] = EXT_EQUALS, [CR] = CHUNK_LF},
    [EXT_EQUALS] = {[EQUALS] = EXT_VALUE, [SEMICOLON] = EXT_START, [BLANK] = EXT_EQUALS},
    [EXT_VALUE] = {ANY_TOKEN(EXT_TOKEN), [QUOTE] = EXT_QUOTED, [BLANK] = EXT_VALUE},
    [EXT_TOKEN] = {ANY_TOKEN(EXT_TOKEN), [SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE, [CR] = CHUNK_LF},
    [EXT_QUOTED] = {ANY_TOKEN(EXT_QUOTED), [TEXT] = EXT_QUOTED, [COLON] = EXT_QUOTED,
                    [SEMICOLON] = EXT_QUOTED, [EQUALS] = EXT_QUOTED, [BLANK] = EXT_QUOTED,
                    [QUOTE] = EXT_END, [BACKSLASH] = EXT_ESCAPED},
    [EXT_ESCAPED] = {ANY_TEXT(EXT_QUOTED), [BLANK] = EXT_QUOTED},
    [EXT_END] = {[SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE, [CR] = CHUNK_LF},
    [CHUNK_LF] = {[LF] = CHUNK_DATA},
    [DATA_CR] = {[CR] = DATA_LF},
    [DATA_LF] = {[LF] = CHUNK_FIRST},
};

/* In lower case, one after the other, in the order of enum migtask_http_field. */
static const char field_names[] = "content-length\0"
                                  "transfer-encoding\0"
                                  "x-request-id\0"
                                  "retry-after\0"
                                  "date";
_Static_assert(MIGTASK_FIELD_COUNT <= 8, "candidates has eight bits");
_Static_assert(MIGTASK_VALUE_MAX >= 32, "a date has 29 characters, a 64-bit number 20");

/* RFC 9110 section 5.6.2: the characters of a token, as bits. */
static bool is_token(unsigned char c)
{
    static const uint32_t token[] = {0, 0x03FF6CFA, 0xC7FFFFFE, 0x57FFFFFF};
    return c < 128 && (token[c >> 5] >> (c & 31) & 1) != 0;
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* The value of a hexadecimal digit; 16 for anything else. */
static unsigned hex_value(unsigned char c)
{
    unsigned digit = c - (unsigned)'0';
    unsigned letter = lower(c) - (unsigned)'a';
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

static enum class classify(unsigned char c)
{
    static const char special[] = " :;=\"\\\r\n"; /* in the order of enum class, from BLANK */
    if (is_token(c)) {
        return hex_value(c) < 16 ? HEX : TOKEN;
    }
    const char *found = memchr(special, c == '\t' ? ' ' : c, sizeof special - 1);
    if (found != NULL) {
        return (enum class)(BLANK + (found - special));
    }
    return c < 0x20 || c == 0x7F ? BAD : TEXT;
}

static void begin_message(struct migtask_http *http)
{
    http->state = STATUS;
    http->position = 0;
    http->status = 0;
    http->line_left = MIGTASK_HEADER_MAX;
}

void migtask_http_init(struct migtask_http *http)
{
    memset(http, 0, sizeof *http);
    http->interim_left = MIGTASK_INTERIM_MAX;
    begin_message(http);
}

bool migtask_http_complete_at_end(const struct migtask_http *http)
{
    return http->state == BODY_TO_END;
}

/* "HTTP/1.x NNN" and what follows it: the state behind that byte. RFC 9112 section 4. */
static enum state status_byte(struct migtask_http *http, char c)
{
    static const char form[] = "HTTP/1.x ddd";
    char expected = form[http->position++];
    unsigned digit = (unsigned)(c - '0');
    if (expected == '\0') { /* a phrase may be missing with its blank, as many servers have it */
        bool good = http->status >= 100 && http->status <= 599 && http->status != 101;
        return !good ? MALFORMED : c == ' ' ? PHRASE : c == '\r' ? STATUS_LF : MALFORMED;
    }
    if (expected == 'x') {
        http->minor_0 = c == '0';
        return digit <= 1 ? STATUS : MALFORMED;
    }
    if (expected == 'd') {
        http->status = (uint16_t)(http->status * 10 + digit);
        return digit <= 9 ? STATUS : MALFORMED;
    }
    return c == expected ? STATUS : MALFORMED;
}

/* One byte of a header's name: which wanted ones does it still match? */
static void match_name(struct migtask_http *http, unsigned char c)
{
    const char *name = field_names;
    for (unsigned i = 0; i < MIGTASK_FIELD_COUNT; i++) {
        unsigned bit = 1u << i;
        if ((http->candidates & bit) != 0 && (unsigned char)name[http->position] != lower(c)) {
            http->candidates &= (uint8_t)~bit;
        }
        name += strlen(name) + 1;
    }
    http->position++; /* cannot wrap while a candidate is left: the names are short */
}

/* The colon: the header is wanted if all of a wanted name has come. */
static void end_name(struct migtask_http *http)
{
    const char *name = field_names;
    uint8_t field = 0;
    while (field < MIGTASK_FIELD_COUNT &&
           ((http->candidates >> field & 1) == 0 || name[http->position] != '\0')) {
        name += strlen(name) + 1;
        field++;
    }
    http->field = field;
    http->value_len = 0;
    http->value_cut = false;
}

static void value_byte(struct migtask_http *http, char c)
{
    if (http->value_len < sizeof http->value) {
        http->value[http->value_len++] = c;
    } else {
        http->value_cut = true;
    }
}

/* Content-Length: digits alone, once, 64 bits. RFC 9110 section 8.6. */
static bool read_length(struct migtask_http *http)
{
    uint64_t length = 0;
    for (size_t i = 0; i < http->value_len; i++) {
        unsigned digit = (unsigned)(http->value[i] - '0');
        if (digit > 9 || length > UINT64_MAX / 10) {
            return false;
        }
        length = length * 10 + digit;
        if (length < digit) { /* wrapped */
            return false;
        }
    }
    bool good = !http->has_length && http->value_len > 0 && !http->value_cut;
    http->has_length = true;
    http->left = length;
    return good;
}

/* Transfer-Encoding: only "chunked", once, not in HTTP/1.0. RFC 9112 section 6.1. */
static bool read_encoding(struct migtask_http *http)
{
    static const char chunked[] = "chunked";
    bool good = !http->chunked && !http->minor_0 && http->value_len == sizeof chunked - 1;
    for (size_t i = 0; good && i < sizeof chunked - 1; i++) {
        good = lower((unsigned char)http->value[i]) == (unsigned char)chunked[i];
    }
    http->chunked = true;
    return good;
}

/* A header line is complete. */
static enum migtask_http_event end_field(struct migtask_http *http)
{
    while (http->value_len > 0 && classify((unsigned char)http->value[http->value_len - 1]) == BLANK) {
        http->value_len--;
    }
    bool good = true;
    if (http->field == MIGTASK_FIELD_CONTENT_LENGTH) {
        good = read_length(http);
    } else if (http->field == MIGTASK_FIELD_TRANSFER_ENCODING) {
        good = read_encoding(http);
    } else if (http->field < MIGTASK_FIELD_COUNT && http->status >= 200) {
        return MIGTASK_READ_FIELD;
    }
    http->state = good ? NAME_START : MALFORMED;
    return MIGTASK_READ_MORE;
}

/* The empty line behind the header section or the trailers: what follows?
 * RFC 9112 section 6.3. */
static enum migtask_http_event end_section(struct migtask_http *http)
{
    if (http->in_trailer) {
        http->state = DONE;
    } else if (http->chunked && http->has_length) {
        http->state = MALFORMED;
    } else if (http->status < 200) { /* an interim answer has no body; another message follows */
        http->has_length = false;
        http->chunked = false;
        begin_message(http);
        if (http->interim_left-- == 0) {
            http->state = TOO_LARGE;
        }
    } else {
        if (http->status == 204 || http->status == 304) {
            http->state = DONE;
        } else if (http->chunked) {
            http->state = CHUNK_FIRST;
            http->left = 0;
            http->line_left = MIGTASK_CHUNK_LINE_MAX;
        } else if (http->has_length) {
            http->state = http->left > 0 ? BODY_LENGTH : DONE;
        } else {
            http->state = BODY_TO_END;
        }
        return MIGTASK_READ_HEADER;
    }
    return MIGTASK_READ_MORE;
}

/* One byte of a line; most of the work is the table's. */
static enum migtask_http_event line_byte(struct migtask_http *http, unsigned char c)
{
    uint8_t from = http->state;
    http->state = moves[from][classify(c)];
    switch (http->state) {
    case NAME:
        if (from == NAME_START) {
            http->position = 0;
            http->candidates = http->in_trailer ? 0 : (1u << MIGTASK_FIELD_COUNT) - 1;
        }
        match_name(http, c);
        break;
    case VALUE_START:
        if (from == NAME) {
            end_name(http);
        }
        break;
    case VALUE:
        value_byte(http, (char)c);
        break;
    case NAME_START:
        if (from == VALUE_LF) {
            return end_field(http);
        }
        if (from == SECTION_LF) {
            return end_section(http);
        }
        break;
    case CHUNK_SIZE:
        if (http->left > UINT64_MAX >> 4) {
            http->state = MALFORMED;
        }
        http->left = http->left << 4 | hex_value(c);
        break;
    case CHUNK_DATA:
        if (http->left == 0) { /* the last chunk: trailers follow, RFC 9112 section 7.1.2 */
            http->state = NAME_START;
            http->in_trailer = true;
            http->line_left = MIGTASK_HEADER_MAX;
        }
        break;
    case CHUNK_FIRST:
        http->line_left = MIGTASK_CHUNK_LINE_MAX;
        break;
    default:
        break;
    }
    return MIGTASK_READ_MORE;
}

/* Skips what nobody reads: most bytes of most header sections. */
static const char *skip(struct migtask_http *http, const char *at, const char *end)
{
    const char *start = at;
    if ((size_t)(end - at) > http->line_left) {
        end = at + http->line_left;
    }
    if (http->state == VALUE && http->field == MIGTASK_FIELD_COUNT) {
        while (at < end && (unsigned char)*at >= 0x20 && *at != 0x7F) {
            at++;
        }
    } else if (http->state == NAME && http->candidates == 0) {
        while (at < end && is_token((unsigned char)*at)) {
            at++;
        }
    }
    http->line_left -= (uint32_t)(at - start);
    return at;
}

enum migtask_http_event migtask_http_read(struct migtask_http *http, const char **at,
                                          const char *end, migtask_view *body)
{
    enum migtask_http_event event = MIGTASK_READ_MORE;
    while (event == MIGTASK_READ_MORE) {
        switch (http->state) {
        case DONE:
            return MIGTASK_READ_DONE;
        case MALFORMED:
            return MIGTASK_READ_MALFORMED;
        case TOO_LARGE:
            return MIGTASK_READ_TOO_LARGE;
        default:
            break;
        }
        if (http->state <= STATUS) {
            *at = skip(http, *at, end);
        }
        if (*at == end) {
            return MIGTASK_READ_MORE;
        }
        if (http->state <= STATUS) {
            if (http->line_left == 0) {
                http->state = TOO_LARGE;
                continue;
            }
            http->line_left--;
            char c = *(*at)++;
            if (http->state == STATUS) {
                http->state = (uint8_t)status_byte(http, c);
            } else {
                event = line_byte(http, (unsigned char)c);
            }
            continue;
        }
        /* A piece of the body. */
        size_t take = (size_t)(end - *at);
        if (http->state != BODY_TO_END) {
            take = http->left < take ? (size_t)http->left : take;
            http->left -= take;
            if (http->left == 0) {
                http->state = http->state == CHUNK_DATA ? DATA_CR : DONE;
            }
        }
        body->ptr = *at;
        body->len = take;
        *at += take;
        event = MIGTASK_READ_BODY;
    }
    return event;
}
