#include "http_response.h"

#include <string.h>

#include "unicode.h"

/* States up to LINE_STATES move by the table below, one byte at a time. */
enum http_state {
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
enum class {
    BAD,
    HEX,
    TOKEN,
    TEXT,
    BLANK,
    COLON,
    SEMICOLON,
    EQUALS,
    QUOTE,
    BACKSLASH,
    CR,
    LF,
    CLASSES
};

#define ANY_TOKEN(to) [HEX] = (to), [TOKEN] = (to)
/* RFC 9110 section 5.5: field-content; white space separately, since it may end a value. */
#define ANY_TEXT(to)                                                                               \
    ANY_TOKEN(to), [TEXT] = (to), [COLON] = (to), [SEMICOLON] = (to), [EQUALS] = (to),             \
                   [QUOTE] = (to), [BACKSLASH] = (to)

/* RFC 9112 sections 4 (phrase), 5 (header lines: no obs-fold, no white space before the colon) and
 * 7.1 (chunks with extensions). */
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
    [CHUNK_SIZE] =
        {[HEX] = CHUNK_SIZE, [SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE, [CR] = CHUNK_LF},
    [EXT_SPACE] = {[SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE},
    [EXT_START] = {ANY_TOKEN(EXT_NAME), [BLANK] = EXT_START},
    [EXT_NAME] = {ANY_TOKEN(EXT_NAME), [EQUALS] = EXT_VALUE, [SEMICOLON] = EXT_START,
                  [BLANK] = EXT_EQUALS, [CR] = CHUNK_LF},
    [EXT_EQUALS] = {[EQUALS] = EXT_VALUE, [SEMICOLON] = EXT_START, [BLANK] = EXT_EQUALS},
    [EXT_VALUE] = {ANY_TOKEN(EXT_TOKEN), [QUOTE] = EXT_QUOTED, [BLANK] = EXT_VALUE},
    [EXT_TOKEN] =
        {ANY_TOKEN(EXT_TOKEN), [SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE, [CR] = CHUNK_LF},
    [EXT_QUOTED] =
        {ANY_TOKEN(EXT_QUOTED), [TEXT] = EXT_QUOTED, [COLON] = EXT_QUOTED, [SEMICOLON] = EXT_QUOTED,
         [EQUALS] = EXT_QUOTED, [BLANK] = EXT_QUOTED, [QUOTE] = EXT_END, [BACKSLASH] = EXT_ESCAPED},
    [EXT_ESCAPED] = {ANY_TEXT(EXT_QUOTED), [BLANK] = EXT_QUOTED},
    [EXT_END] = {[SEMICOLON] = EXT_START, [BLANK] = EXT_SPACE, [CR] = CHUNK_LF},
    [CHUNK_LF] = {[LF] = CHUNK_DATA},
    [DATA_CR] = {[CR] = DATA_LF},
    [DATA_LF] = {[LF] = CHUNK_FIRST},
};

/* In lower case, in the order of enum migtask_http_field, as migtask_find_name() takes them. */
static const char field_names[] = "\16content-length"
                                  "\21transfer-encoding"
                                  "\20content-encoding"
                                  "\14content-type"
#if MIGTASK_KEEP_OPEN
                                  "\12connection"
#endif
                                  "\14x-request-id"
                                  "\13retry-after"
                                  "\4date";
/* Bytes that make a piece of a value: there is always room for a blank and a byte. */
#define FULL (MIGTASK_HTTP_PIECE - 1)
_Static_assert(MIGTASK_HTTP_PIECE >= 32, "the names, and a 64-bit number of 20 digits, fit");

/* The class of each ASCII character: 'a' + enum class. For tokens see RFC 9110 section 5.6.2. */
static const char classes[128] = "aaaaaaaaaelaakaa" /* tab, LF, CR */
                                 "aaaaaaaaaaaaaaaa"
                                 "ecicccccddccdccd" /*  !"#$%&'()*+,-./ */
                                 "bbbbbbbbbbfgdhdd" /* 0123456789:;<=>? */
                                 "dbbbbbbccccccccc" /* @ABCDEFGHIJKLMNO */
                                 "cccccccccccdjdcc" /* PQRSTUVWXYZ[\]^_ */
                                 "cbbbbbbccccccccc" /* `abcdefghijklmno */
                                 "cccccccccccdcdca" /* pqrstuvwxyz{|}~  */;

static enum class classify(char c) {
    unsigned code = (unsigned char)c;
    return code < sizeof classes ? (enum class)(classes[code] - 'a') : TEXT;
}

static void begin_message(struct migtask_http *http)
{
    memset(http, 0, offsetof(struct migtask_http, interim_left));
    http->state = STATUS;
    http->line_left = MIGTASK_HEADER_MAX;
}

void migtask_http_init(struct migtask_http *http)
{
    http->interim_left = MIGTASK_INTERIM_MAX;
    http->names = field_names;
    begin_message(http);
}

void migtask_http_init_connect(struct migtask_http *http, const char *name)
{
    migtask_http_init(http);
    http->names = name;
    http->first = MIGTASK_FIELD_DATE;
}

bool migtask_http_complete_at_end(const struct migtask_http *http)
{
    return http->state == BODY_TO_END;
}

#if MIGTASK_KEEP_OPEN
bool migtask_http_persists(const struct migtask_http *http)
{
    return !http->minor_0 && !http->closing && http->interim_left == MIGTASK_INTERIM_MAX;
}
#endif

/* "HTTP/1.x NNN" and what follows it: the state behind that byte. RFC 9112 section 4. */
static enum http_state status_byte(struct migtask_http *http, char c)
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
        if (digit > 9) {
            return MALFORMED;
        }
        http->status = (uint16_t)(http->status * 10 + digit);
        return STATUS;
    }
    return c == expected ? STATUS : MALFORMED;
}

/* Keeps a byte of a name or of a wanted value, if there is room. Names, and the values that are
 * read here, are kept in lower case: by this bit no other characters of them become the same. */
static void keep(struct migtask_http *http, char c)
{
    if (http->value_len < sizeof http->value) {
        bool fold = http->field < MIGTASK_FIELD_X_REQUEST_ID;
        http->value[http->value_len++] = fold ? (char)(c | 0x20) : c;
    }
}

/* A digit of a Content-Length or of a chunk's size, 64 bits; malformed if it is none or too
 * much. */
static void add_digit(struct migtask_http *http, char c, unsigned base)
{
    unsigned digit = migtask_hex_value(c);
    uint64_t left = http->left * base + digit;
    /* With a first part like that the product is too large by so little only that it comes out
     * smaller. */
    if (digit >= base || http->left >> 32 > UINT32_MAX / base || left < http->left) {
        http->state = MALFORMED;
    }
    http->left = left;
}
/* The name of a header line is complete. */
static void begin_value(struct migtask_http *http)
{
    size_t field = http->first + migtask_find_name(http->names, http->value, http->value_len);
    http->field = http->in_trailer ? MIGTASK_FIELD_OTHER : (uint8_t)field;
    http->value_len = 0;
    http->blank = false;
}

/* A header line is complete, or longer than what is kept of it. */
static enum migtask_http_event end_field(struct migtask_http *http)
{
    bool good = true;
    switch (http->field) {
    case MIGTASK_FIELD_OTHER:
    case MIGTASK_FIELD_CONTENT_TYPE:
        return MIGTASK_READ_MORE;
    case MIGTASK_FIELD_CONTENT_LENGTH: /* once */
        good = !http->has_length && http->value_len > 0;
        http->has_length = true;
        break;
    case MIGTASK_FIELD_TRANSFER_ENCODING: /* only "chunked", once, RFC 9112 section 6.1 */
        good = !http->chunked && !http->minor_0 &&
               migtask_find_name("\7chunked", http->value, http->value_len) == 0;
        http->chunked = true;
        break;
    case MIGTASK_FIELD_CONTENT_ENCODING: /* RFC 9110 section 8.4 */
        http->coded |= http->value_len > 0 &&
                       migtask_find_name("\10identity", http->value, http->value_len) != 0;
        break;
#if MIGTASK_KEEP_OPEN
    case MIGTASK_FIELD_CONNECTION:
        http->closing |= migtask_find_name("\12keep-alive", http->value, http->value_len) != 0;
        break;
#endif
    default:
        if (http->value_len >= FULL) { /* all was handed on */
            http->value_len = 0;
        }
        return http->status < 200 ? MIGTASK_READ_MORE : MIGTASK_READ_FIELD;
    }
    if (!good) {
        http->state = MALFORMED;
    }
    return MIGTASK_READ_MORE;
}

/* One byte of a value. White space waits until it is known that it does not end the value, and
 * counts as one blank. */
static enum migtask_http_event value_byte(struct migtask_http *http, char c)
{
    if (http->field == MIGTASK_FIELD_OTHER) {
        return MIGTASK_READ_MORE;
    }
    if (http->field == MIGTASK_FIELD_CONTENT_TYPE) { /* ...html or ...xml, wherever it stands */
        c |= 0x20;
        http->markup |=
            c == 'l' && http->value[1] == 'm' && (http->value[0] == 't' || http->value[0] == 'x');
        http->value[0] = http->value[1];
        http->value[1] = c;
        return MIGTASK_READ_MORE;
    }
    if (http->value_len >= FULL) {
        http->value_len = 0; /* this much was handed on */
    }
    if (c == ' ' || c == '\t') {
        http->blank = true;
        return MIGTASK_READ_MORE;
    }
    if (http->field == MIGTASK_FIELD_CONTENT_LENGTH) { /* digits alone, RFC 9110 section 8.6 */
        add_digit(http, http->blank ? ' ' : c, 10);
    }
    if (http->blank) {
        keep(http, ' ');
        http->blank = false;
    }
    keep(http, c);
    if (http->value_len < FULL) {
        return MIGTASK_READ_MORE;
    }
    if (http->field < MIGTASK_FIELD_X_REQUEST_ID) {
        return end_field(http); /* what is so long says nothing good, once more at its end */
    }
    return http->status < 200 ? MIGTASK_READ_MORE : MIGTASK_READ_VALUE;
}

/* The empty line behind the header section or the trailers: what follows? RFC 9112 section 6.3. */
static enum migtask_http_event end_section(struct migtask_http *http)
{
    if (http->chunked && http->has_length) {
        http->state = MALFORMED;
        return MIGTASK_READ_MORE;
    }
    if (http->status < 200) { /* an interim answer has no body; another message follows */
        begin_message(http);
        if (http->interim_left-- == 0) {
            http->state = TOO_LARGE;
        }
        return MIGTASK_READ_MORE;
    }
    enum http_state next = BODY_TO_END;
    if (http->in_trailer || http->status == 204 || http->status == 304) {
        next = DONE;
    } else if (http->chunked) {
        http->line_left = MIGTASK_CHUNK_LINE_MAX;
        next = CHUNK_FIRST;
    } else if (http->has_length) {
        next = http->left > 0 ? BODY_LENGTH : DONE;
    }
#if MIGTASK_KEEP_OPEN
    http->closing |= next == DONE && !http->in_trailer && (http->chunked || http->left > 0);
#endif
    http->state = (uint8_t)next;
    return http->in_trailer ? MIGTASK_READ_MORE : MIGTASK_READ_HEADER;
}

/* One byte of a line; most of the work is the table's. */
static enum migtask_http_event line_byte(struct migtask_http *http, char c)
{
    enum http_state from = (enum http_state)http->state;
    http->state = from == STATUS ? (uint8_t)status_byte(http, c) : moves[from][classify(c)];
    switch (http->state) {
    case NAME:           /* its first byte; take_span() has the others */
        http->field = 0; /* not known yet; see keep() */
        http->value_len = 0;
        keep(http, c);
        break;
    case VALUE_START:
        if (from == NAME) {
            begin_value(http);
        }
        break;
    case VALUE:
        return value_byte(http, c);
    case NAME_START:
        if (from == VALUE_LF) {
            return end_field(http);
        }
        if (from == SECTION_LF) {
            return end_section(http);
        }
        break;
    case CHUNK_SIZE:
        add_digit(http, c, 16);
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

/* How many bytes can be taken at once: those of a name, or of a value that nobody wants. They are
 * most bytes of most header sections. */
static size_t take_span(struct migtask_http *http, const char *ptr, size_t len)
{
    size_t took = 0;
    len = len < http->line_left ? len : http->line_left;
    if (http->state == VALUE && http->field == MIGTASK_FIELD_OTHER) {
        took = migtask_plain_length(ptr, len);
    } else if (http->state == NAME) {
        for (; took < len && moves[NAME][classify(ptr[took])] == NAME; took++) {
            keep(http, ptr[took]);
        }
    }
    return took;
}

enum migtask_http_event migtask_http_read(struct migtask_http *http, const char **at,
                                          const char *end, migtask_view *body)
{
    enum migtask_http_event event = MIGTASK_READ_MORE;
    while (event == MIGTASK_READ_MORE) {
        if (http->state >= DONE || http->state == MALFORMED) {
            return http->state == DONE        ? MIGTASK_READ_DONE
                   : http->state == MALFORMED ? MIGTASK_READ_MALFORMED
                                              : MIGTASK_READ_TOO_LARGE;
        }
        size_t take = (size_t)(end - *at);
        if (take == 0) {
            break;
        }
        if (http->state > STATUS) { /* a piece of the body */
            if (http->state != BODY_TO_END) {
                take = http->left < take ? (size_t)http->left : take;
                http->left -= take;
                if (http->left == 0) {
                    http->state = http->state == CHUNK_DATA ? DATA_CR : DONE;
                }
            }
            body->ptr = *at;
            body->len = take;
            event = MIGTASK_READ_BODY;
        } else if (http->line_left == 0) {
            http->state = TOO_LARGE;
            continue;
        } else {
            take = take_span(http, *at, take);
            http->line_left -= (uint32_t)take;
            if (take == 0) {
                take = 1;
                http->line_left--;
                event = line_byte(http, **at);
            }
        }
        *at += take;
    }
    return event;
}
