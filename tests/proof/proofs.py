"""What is proved: the list that run.py works through."""

import dataclasses
import os

JSMN = os.environ.get('JSMN_DIR', 'build/deps/jsmn')

# Arithmetic that is meant to wrap or to cut, line by line; everywhere else it is a failure.
MEANT = {
    'core/call.c': [
        # right across a wrap
        '    uint32_t elapsed = now_ms - call->start_ms; /* right across a wrap */',
    ],
    'core/http_response.c': [
        # a byte's code, whatever the sign of char
        '    unsigned code = (unsigned char)c;',
        # below '0' becomes a large number
        '    unsigned digit = (unsigned)(c - \'0\');',
        # with a digit that is none the message is malformed, whatever this gives
        '        http->status = (uint16_t)(http->status * 10 + digit);',
        # the test behind it is for just that
        '    uint64_t left = http->left * base + digit;',
        # behind the last one the message is too large
        '        if (http->interim_left-- == 0) {',
    ],
    'core/json_guard.c': [
        '        guard->allowed &= (uint16_t)~IN_NUMBER; /* nothing is left if that still lacked a digit */',
        '    unsigned char c = (unsigned char)*ptr;',
        '        begin_sequence(guard, (char)c);',
        '    } else if ((unsigned char)c >= 0x80) {',
        '        if (take == 0 && (unsigned char)*ptr >= 0x80) {',
        # the last four digits
        '    uint32_t character = (uint16_t)((unsigned)guard->unit << 4 | digit);',
    ],
    'core/kept_text.c': [
        '    return ((unsigned char)c & 0xC0) == 0x80;',
        # a byte above 0x7F, as a char
        '            *to = found == NULL ? c : (char)(MIGTASK_KEPT_STAND_IN + (found - special));',
    ],
    'core/reply.c': [
        '        if ((unsigned char)*text >= MIGTASK_KEPT_STAND_IN) {',
        '            *text = MIGTASK_KEPT_SPECIAL[(unsigned char)*text - MIGTASK_KEPT_STAND_IN];',
        # below zero becomes a large number
        '    size_t start = (size_t)token->start; /* a negative one is beyond all bounds */',
        '    size_t end = (size_t)token->end;',
    ],
    'core/unicode.c': [
        '    uint32_t value = (unsigned char)*ptr;',
        '        unsigned next = (unsigned char)ptr[i] ^ 0x80u;',
        '        out[i] = (char)(0x80u | (character & 0x3Fu));',
        '    out[0] = (char)(len == 1 ? character : (0xFF00u >> len | character));',
        # what is no digit becomes a large number
        '    unsigned digit = (unsigned char)c - (unsigned)\'0\';',
        '    unsigned letter = ((unsigned char)c | 0x20u) - \'a\';',
        # a borrow is what is looked for
        '        size_t quote = (word ^ EACH(\'"\')) - EACH(1);',
        '        size_t backslash = (word ^ EACH(\'\\\\\')) - EACH(1);',
        '        if (((word | (word + EACH(1)) | (word - EACH(0x20)) | quote | backslash) & EACH(0x80)) !=',
        '        bad |= word | (word + EACH(1)) | (word - EACH(0x21));',
        '    bad &= EACH(0x80);',
    ],
}


@dataclasses.dataclass
class Bug:
    """One that the proof must reject: old, which stands once in file, becomes new."""
    what: str
    file: str
    old: str
    new: str
    machine: str = ''  # what it is seeded for, if that is not the usual one


@dataclasses.dataclass
class Proof:
    """prove_<name>() in the first source. Bounds: how often each loop is unwound (CBMC proves that
    it does not turn more often), and macros, in capitals."""
    name: str
    sources: list
    bounds: dict = dataclasses.field(default_factory=dict)
    large: dict = dataclasses.field(default_factory=dict)  # what --all has instead
    bugs: list = dataclasses.field(default_factory=list)
    replace: tuple = ()  # functions whose contracts, proved elsewhere, stand for them
    # Calls that are put into loops, which are proved by induction: file, old, new.
    induct: list = dataclasses.field(default_factory=list)
    slow: bool = False  # only with --all, or by its name
    also: tuple = ()  # machines besides the usual one that it is proved for at once


OPEN = 'mcu, kept open'
RESPONSE = ['response.c', 'core/unicode.c']
HTTP = 'core/http_response.c'
NAMES = {'migtask_find_name.0': 9, 'memcmp.0': 19}


def plain(span):
    """Loops of migtask_plain_length(): words, then bytes."""
    return {'migtask_plain_length.0': span // 8 + 1, 'migtask_plain_length.1': min(span, 8) + 1}


def reader(span):
    return {'SPAN': span, 'migtask_http_read.0': span + 2, 'take_span.0': span + 1, **NAMES,
            **plain(span)}


TEXT = 'core/kept_text.c'
KEPT = ['kept.c', 'libc.c', 'core/unicode.c']


def emit(piece):
    return {'PIECE': piece, 'emit.0': 12, 'emit.1': piece + 1, 'memchr.0': 4,
            'memcpy.0': piece + 1, **plain(piece)}


def take_out(secret):
    return {'SECRET': secret, 'take_out.0': min(secret, 16) + 1,
            'take_out.1': min(secret, 17) + 1, 'take_out.2': secret + 1, 'memchr.0': secret + 1}


PROOFS = [
    Proof('response_init', RESPONSE, bugs=[
        Bug('an interim answer too many (off by one)', HTTP,
            'http->interim_left = MIGTASK_INTERIM_MAX;', 'http->interim_left = MIGTASK_INTERIM_MAX + 1;'),
        Bug('it begins nowhere', HTTP,
            '= field_names;\n    begin_message(http);', '= field_names;'),
        Bug('no limit of the header section', HTTP,
            'http->line_left = MIGTASK_HEADER_MAX;\n}', '}'),
    ]),
    Proof('response_number', RESPONSE, bugs=[
        Bug('hexadecimal digits in Content-Length', HTTP, 'digit >= base ||', 'digit >= 16 ||'),
        Bug('a length of 21 digits wraps', HTTP,
            ' || http->left >> 32 > UINT32_MAX / base', ''),
        Bug('a colon is a digit (off by one)', 'core/unicode.c', 'digit < 10', 'digit < 11'),
    ]),
    Proof('response_step', RESPONSE,
          reader(2), reader(4), [
        Bug('a value that is one byte too long (off by one)', HTTP,
            'if (http->value_len < sizeof http->value) {',
            'if (http->value_len <= sizeof http->value) {'),
        Bug('a chunk of length 0 is data', HTTP, 'if (http->left == 0) { /* the last',
            'if (false) { /* the last'),
        Bug('204 has a body', HTTP, 'http->status == 204', 'http->status == 205'),
        Bug('the last Connection header counts', HTTP, 'http->closing |= migtask_find', 'http->closing = migtask_find',
            OPEN),
        Bug('the no of an interim answer stays', HTTP,
            'offsetof(struct migtask_http, interim_left)', 'offsetof(struct migtask_http, closing)',
            OPEN),
        Bug('a Connection header that is longer than a piece (off by one)', HTTP,
            'return end_field(http); /* what', 'return MIGTASK_READ_MORE; /* what', OPEN),
        Bug('a 204 may announce a body', HTTP, ' && (http->chunked || http->left > 0);', ' && false;', OPEN),
        Bug('an interim answer is no doubt', HTTP, ' && http->interim_left == MIGTASK_INTERIM_MAX', '', OPEN),
        Bug('the coding of an interim answer stays', HTTP,
            'offsetof(struct migtask_http, interim_left)', 'offsetof(struct migtask_http, coded)'),
    ]),
    Proof('response_connect', RESPONSE, {**reader(2), 'TO_CONNECT': 1}, bugs=[
        Bug('the one that is wanted counts as a length', HTTP, 'http->first + migtask_find_name', 'migtask_find_name'),
    ]),
    Proof('response_span', RESPONSE, {'SPAN': 9, 'take_span.0': 10, **plain(9)},
          {'SPAN': 40, 'take_span.0': 41, **plain(40)}, [
        Bug('one byte more than the header section may have (off by one)', HTTP,
            '? len : http->line_left;', '? len : http->line_left + 1;'),
        Bug('a name of any characters', HTTP, 'took < len && moves[NAME][classify(ptr[took])] == NAME',
            'took < len'),
        Bug('a span longer than what the header section may still have', HTTP,
            '    len = len < http->line_left ? len : http->line_left;\n', ''),
        Bug('DEL counts as plain when a word is looked at', 'core/unicode.c',
            '(word + EACH(1)) | (word - EACH(0x20))', '(word - EACH(0x20))'),
    ]),
    Proof('kept_emit', [*KEPT, 'memcpy.c'], emit(2), emit(4), [
        Bug('a byte behind the end (off by one)', TEXT,
            'room = text->end - text->len;', 'room = text->end - text->len + 1;'),
        Bug('NUL stays as it is (off by one)', TEXT,
            'memchr(special, c, sizeof special)', 'memchr(special, c, sizeof special - 1)'),
        Bug('text goes on behind a cut', TEXT, 'len > 0 && !text->cut', 'len > 0'),
    ]),
    Proof('kept_cut', [*KEPT, 'memcpy.c'],
          {**emit(2), 'emit.0': 5, 'is_whole.0': 4, 'ends_with.0': 4, 'prove_kept_cut.0': 3},
          {**emit(4), 'emit.0': 5, 'is_whole.0': 4, 'ends_with.0': 4, 'prove_kept_cut.0': 5}, [
        Bug('the first byte of a cut character stays (off by one)', TEXT,
            'c = text->buf[--text->len]) {', 'c = text->buf[text->len--]) {'),
        Bug('what was kept of a cut character stays', TEXT, 'for (; goes_on(c);',
            'for (; false;'),
        Bug('a whole character goes, too (off by one)', TEXT, 'text->cut = true;\n',
            'text->cut = true;\n                text->len -= goes_on(c);\n'),
    ]),
    Proof('kept_in_long_word', KEPT, {'in_long_word.0': 17, 'in_long_word.1': 17}, bugs=[
        Bug('the byte before the one before (off by one)', TEXT, 'text->window[first - 1]',
            'text->window[first - 2]'),
        Bug('the window has no end', TEXT, 'while (end < text->window_len && end <', 'while (end <'),
        Bug('a byte before the window (off by one)', TEXT,
            'while (first > 0 && end', 'while (end'),
    ]),
    Proof('kept_take_out', KEPT, take_out(2), take_out(4), [
        Bug('a byte behind the window (off by one)', TEXT, 'while (to < most', 'while (to <= most'),
        Bug('a byte before the credential', TEXT, 'c > secret && ', ''),
        Bug('a run is handed on as well', TEXT, 'release(text, first);', 'release(text, end + 1);'),
    ], ['emit']),
    Proof('kept_scan', KEPT, {'RUN': 16, 'scan.0': 3}, {'RUN': 8, 'scan.0': 6}, [
        Bug('a place too near to the front (off by one)', TEXT,
            'size_t at = text->run - 1u; at < text', 'size_t at = text->run - 2u; at < text'),
        Bug('a place behind the window (off by one)', TEXT,
            'at < text->window_len; at += text->run', 'at <= text->window_len; at += text->run'),
        Bug('what is handed on twice', TEXT,
            'text->done = (uint16_t)(text->done - stop);\n', ''),
    ], ['emit', 'take_out', 'in_long_word']),
    Proof('kept_append', [*KEPT, 'memcpy.c'],
          {'PIECE': 2, 'migtask_kept_append.0': 3, 'memcpy.0': 3},
          {'PIECE': 32, 'migtask_kept_append.0': 3, 'memcpy.0': 33}, [
        Bug('the same bytes again', TEXT, 'len -= take;\n        if (text->window_len ==',
            'if (text->window_len =='),
        Bug('a byte behind the window (off by one)', TEXT,
            'take = sizeof text->window - text', 'take = sizeof text->window + 1 - text'),
        Bug('a full window waits', TEXT,
            'if (text->window_len == sizeof text->window) {', 'if (false) {'),
    ], ['scan']),
    Proof('kept_begin', KEPT, bugs=[
        Bug('no room, and yet it begins', TEXT, 'text->end) {\n        return false;',
            'text->end) {\n        return true;'),
        Bug('no letter', TEXT, "    text->buf[text->len++] = (char)('a' + place);\n", ''),
        Bug('a letter where no room is (off by one)', TEXT,
            'if (text->len >= text->end)', 'if (text->len > text->end)'),
    ]),
    Proof('kept_end', KEPT, {'memcmp.0': 4}, bugs=[
        Bug('the string stays open', TEXT, '    migtask_kept_raw(text, "\\",\\"", 3);\n', ''),
        Bug('the next string does not begin (off by one)', TEXT,
            'migtask_kept_raw(text, "\\",\\"", 3)', 'migtask_kept_raw(text, "\\",\\"", 2)'),
        Bug('some of the window stays', TEXT, 'scan(text, 0);', 'scan(text, 1);'),
    ], replace=['scan']),
]
MASK = ['mask.c', 'core/unicode.c']
PROOFS += [
    Proof('mask_long_word', MASK,
          {'SECRET': 16, 'in_long_word.0': 17, 'in_long_word.1': 17, 'prove_mask_long_word.0': 17},
          bugs=[
        Bug('a word must be longer than a run (off by one)', TEXT, 'return end >= first + text->run;',
            'return end > first + text->run;'),
        Bug('the character before does not count (off by one)', TEXT, 'while (first > 0 && end',
            'while (first > 1 && end'),
        Bug('a tilde ends a word (off by one)', TEXT, 'c < 0x7F;', 'c < 0x7E;'),
    ]),
    Proof('mask_take_out', MASK,
          {'SECRET': 17, 'take_out.0': 16, 'take_out.1': 17, 'take_out.2': 2, 'memcmp.0': 4,
           'prove_mask_take_out.0': 17}, bugs=[
        Bug('what is a run is not (off by one)', TEXT, 'to - from >= text->run',
            'to - from > text->run'),
        Bug('the first of a run stays (off by one)', TEXT, 'least = place - (text->run - 1u);',
            'least = place - (text->run - 2u);'),
        Bug('only the first place in the credential is looked at', TEXT,
            '        at++;\n        left--;\n', '        break;\n'),
        Bug('the last of a run stays (off by one)', TEXT, '(uint16_t)end : text->done;\n    }\n}',
            '(uint16_t)(end - 1) : text->done;\n    }\n}'),
    ], replace=['emit', 'memchr'], slow=True, induct=[
        (TEXT, '        size_t from = place;\n', '        size_t from = place; '
            'void take_out_turn(const char **, size_t *, size_t *); '
            'take_out_turn(&at, &first, &end);\n'),
    ]),
    Proof('mask_scan', MASK, {'SECRET': 16, 'scan.0': 4, 'memcmp.0': 4}, bugs=[
        Bug('too far from one place to the next (off by one)', TEXT,
            'at < text->window_len; at += text->run)',
            'at < text->window_len; at += text->run + 1u)'),
        Bug('the first place is too far behind (off by one)', TEXT, 'size_t at = text->run - 1u;',
            'size_t at = text->run;'),
        Bug('a character too few is held back (off by one)', TEXT,
            'text->window_len - keep : 0', 'text->window_len - keep + 1 : 0'),
        Bug('what was taken out is forgotten', TEXT, 'text->done = (uint16_t)(text->done - stop);',
            'text->done = 0;'),
    ], replace=['emit', 'take_out', 'in_long_word']),
]
JSON = 'core/json_guard.c'
TEXT_H = 'core/kept_text.h'
ONE_BYTE = [(JSON, 'took = string_bytes(guard, ptr, len);', 'took = string_bytes(guard, ptr, len); '
             'size_t one_byte(size_t); took = one_byte(took);')]
CLAIM = ['claim', 'migtask_find_name']
GUARD = ['guard.c', 'libc.c', 'memcpy.c', 'core/unicode.c', 'core/reply.c']


def guard():
    return {'migtask_guard_read.0': 2, **plain(1),
            'strlen.0': 5, 'bytes_ok.0': 4, 'nesting_ok.0': 4, 'budget.0': 17,
            'find_next.0': 16, 'structure_byte.0': 21, 'claim.0': 4,
            'memchr.0': 10, 'migtask_utf8_decode.0': 4, 'migtask_utf8_encode.0': 4, 'memcpy.0': 5}


PROOFS += [
    Proof('guard_init', GUARD, guard(), {}, [
        Bug('the room of what must not be lost is given away', JSON, 'SLACK - MIGTASK_REPLY_RESERVE',
            'SLACK'),
        Bug('the text begins one byte later (off by one)', JSON, 'guard->kept = (uint16_t)text->len;\n}',
            'guard->kept = (uint16_t)(text->len + 1);\n}'),
        Bug('a byte behind the buffer (off by one)', JSON, 'cap - MIGTASK_KEPT_SLACK - MIGTASK',
            'cap + 1 - MIGTASK_KEPT_SLACK - MIGTASK'),
    ]),
    Proof('guard_claim', GUARD, guard(), {}, [
        Bug('a duplicate is kept again', JSON, 'if ((guard->seen >> best & 1) != 0) {', 'if (false) {'),
        Bug('room is freed again', JSON, ' && (guard->freed >> best & 1) == 0', ''),
        Bug('room for one member too few (off by one)', 'core/reply.h', '(8 * MIGTASK_KEPT_FRAME',
            '(7 * MIGTASK_KEPT_FRAME'),
    ]),
    Proof('guard_name', GUARD, {**guard(), 'migtask_find_name.0': 16, 'memcmp.0': 31}, {}, [
        Bug('a name that begins like it', 'core/unicode.c', '(size_t)*names == len && ', ''),
        Bug('the byte behind it (off by one)', 'core/unicode.c', 'memcmp(names + 1, name, len)',
            'memcmp(names + 1, name, len + 1)'),
        Bug('every second place', 'core/unicode.c', 'names += *names + 1, index++',
            'names += *names + 1, index += 2'),
    ]),
    Proof('guard_structure', GUARD, guard(), {}, [
        Bug('a level too many (off by one)', JSON, 'guard->depth == MIGTASK_JSON_DEPTH',
            'guard->depth > MIGTASK_JSON_DEPTH'),
        Bug('} closes an array', JSON, 'CONTAINER_ENDS, MAY_END_OBJECT,',
            'CONTAINER_ENDS, MAY_END_OBJECT | MAY_END_ARRAY,'),
        Bug('a number does not end', JSON, '!= NOTHING) {\n        end_number(guard);',
            '!= NOTHING) {'),
        Bug('a later value takes a no back', JSON, 'guard->no |= (rules', 'guard->no = (rules'),
    ], CLAIM),
    Proof('guard_string', GUARD, guard(), {}, [
        Bug('DEL takes the next byte along (off by one)', JSON, 'plain = 1;', 'plain = 2;'),
        Bug('a name that is one byte too long (off by one)', JSON,
            'room = sizeof guard->name - guard', 'room = sizeof guard->name + 1 - guard'),
        Bug('a UTF-8 sequence goes on from the one before', JSON,
            'SEQUENCE;\n    guard->count = 0;', 'SEQUENCE;'),
    ], CLAIM, ONE_BYTE),
    Proof('guard_sequence', GUARD, guard(), {}, [
        Bug('a byte too many (off by one)', JSON, 'need == guard->count', 'need < guard->count'),
        Bug('what begins no character waits', JSON,
            'if (need == 0) {\n        guard->state = NO_JSON;\n    } else if', 'if'),
        Bug('a whole character waits', JSON,
            'guard->state = STRING;\n        if (guard->use == PLAIN) {', 'if (guard->use == PLAIN) {'),
    ]),
    Proof('guard_escape', GUARD, guard(), {}, [
        Bug('what another escape says (off by two)', JSON, '&escaped[found - escapes]',
            '&escaped[found - escapes + 2]'),
        Bug('the digits of the escape before count', JSON, 'guard->count = 0;\n        guard->state = c',
            'guard->state = c'),
        Bug('any letter goes', JSON, 'HEX_DIGITS : NO_JSON', 'HEX_DIGITS : MAY_END'),
    ]),
    Proof('guard_hex', GUARD, guard(), {}, [
        Bug('it waits behind the fourth digit', JSON, '    guard->state = STRING;\n    if (character >> 10',
            '    if (character >> 10'),
        Bug('a bad digit is the fifth', JSON, '    if (digit > 15) {\n        guard->state = NO_JSON;',
            '    if (digit > 15) {\n        guard->count = 4;'),
        Bug('five digits (off by one)', JSON, '++guard->count < 4', '++guard->count <= 4'),
    ]),
    Proof('guard_literal', GUARD, guard(), {}, [
        Bug('it goes on behind its end (off by one)', JSON, "} else if (*guard->literal == '\\0') {",
            '} else if (false) {'),
        Bug('another letter will do', JSON, "guard->literal++) {\n        give_up(guard, c);",
            'guard->literal++) {'),
        Bug('every second letter', JSON, 'c != *guard->literal++', 'c != *(guard->literal += 2)'),
    ]),
    Proof('guard_text', GUARD, guard(), {}, [
        Bug('a byte inside of a character begins one', JSON,
            'begin_sequence(guard, c);\n    } else if (c < 0x20)',
            'string_text(guard, &c, 1);\n    } else if (c < 0x20)'),
        Bug('it goes on as a string', JSON, 'guard->blank = true;', 'guard->state = STRING;'),
        Bug('each letter is a text', JSON, 'string_text(guard, &c, 1);', 'migtask_kept_end(&guard->text);'),
    ]),
    Proof('guard_malformed', GUARD, guard(), {}, [
        Bug('a broken body goes on', JSON, 'case NO_JSON:\n            return;',
            'case NO_JSON:\n            structure_byte(guard, *ptr);\n            break;'),
        Bug('it is well again', JSON, 'case NO_JSON:\n            return;',
            'case NO_JSON:\n            guard->state = STRUCTURE;\n            return;'),
        Bug('more is kept (off by one)', JSON, 'case NO_JSON:\n            return;',
            'case NO_JSON:\n            guard->kept++;\n            return;'),
    ], CLAIM),
    Proof('guard_end', GUARD, guard(), {}, [
        Bug('an end inside an object', JSON, 'guard->state == STRUCTURE && guard->depth == 0;',
            'guard->state == STRUCTURE;'),
        Bug('a byte too few behind the texts (off by one)', TEXT_H, 'SLACK 5u', 'SLACK 4u'),
        Bug('of a broken body, what was kept stays', JSON, 'guard->text.len = guard->kept;', ';'),
    ]),
]

PROOFS += [
    Proof('guard_put', GUARD, {**guard(), **plain(2), 'PIECE': 2, 'migtask_guard_put.0': 3},
          {**guard(), **plain(8), 'PIECE': 8, 'migtask_guard_put.0': 9}, replace=CLAIM[1:], bugs=[
        Bug('a byte behind the piece (off by one)', JSON,
            'string_text(guard, MIGTASK_REPLACEMENT, 3);\n            take = 1;',
            'string_text(guard, MIGTASK_REPLACEMENT, 3);\n            take = 2;'),
        Bug('what is kept ends before the header (off by one)', JSON,
            'guard->kept = (uint16_t)guard->text.len;\n        guard->kept_truncated',
            'guard->kept = (uint16_t)(guard->text.len - 1);\n        guard->kept_truncated'),
        Bug('bytes that are no UTF-8 stay', JSON, 'if (take == 0 && (unsigned char)*ptr >= 0x80) {',
            'if (false) {'),
        Bug('no body may follow', JSON, '        guard->allowed = MAY_VALUE;\n        guard->next = MIGTASK_PLACE_OTHER_MSG;\n        guard->kept',
            '        guard->kept'),
    ]),
]

WRITER = ['writer.c', 'copy.c', 'core/writer.c', 'core/unicode.c']
W = 'core/writer.c'
PROOFS += [
    Proof('writer_put', WRITER, {'migtask_put.0': 3}, {}, [
        Bug('a byte behind the buffer (off by one)', W, 'take = w->cap - w->len;',
            'take = w->cap - w->len + 1;'),
        Bug('the byte before the window is kept (off by one)', W, 'w->skip - start : 0',
            'w->skip - start - 1 : 0'),
        Bug('a window that is full goes on', W, 'w->full = w->flush == NULL', 'w->full = false'),
    ]),
    Proof('writer_put_ref', WRITER, {}, {}, [
        Bug('one byte behind the token (off by one)', W, 'w->by_ref.len = piece.len - skip;',
            'w->by_ref.len = piece.len - skip + 1;'),
        Bug('the token once more (off by one)', W, 'if (skip < piece.len)',
            'if (skip <= piece.len)'),
        Bug('a token behind other text in one window', W, 'if (w->len == 0) {', 'if (true) {'),
    ]),
]

REQUEST = ['request_text.c', 'core/unicode.c']
Q = 'core/request.c'
PROOFS += [
    Proof('request_write', REQUEST, {'strlen.0': 165, 'migtask_put_string.0': 165, 'migtask_put_number.0': 11},
          {}, [
        Bug('another body is counted', Q, 'migtask_action_write(&body, &request->action);',
            'migtask_action_write(&body, &(migtask_action){request->action.task_id});'),
        Bug('Content-Length is one too large (off by one)', Q, '(uint32_t)body.total',
            '(uint32_t)body.total + 1'),
        Bug('the token is copied', Q, 'migtask_put_ref(w, token)',
            'migtask_put(w, token.ptr, token.len)'),
        Bug('it looks whether the window is full', Q, '    migtask_action_write(w, &request->action);',
            '    if (!w->full) {\n        migtask_action_write(w, &request->action);\n    }'),
        Bug('a byte of the host too few (off by one)', Q, 'endpoint->host.ptr, endpoint->host.len)',
            'endpoint->host.ptr, endpoint->host.len - 1)'),
        Bug('a blank line before the token', Q, '"\\r\\nX-Auth-Token: "', '"\\r\\n\\r\\nX-Auth-Token: "'),
    ], ['migtask_operation_name']),
]

CHECK = ['check.c', 'libc.c', 'core/unicode.c']
A = 'core/action.c'
PROOFS += [
    Proof('request_operation', CHECK, {'strlen.0': 33}, bugs=[
        Bug('a name behind the last (off by one)', A, '(size_t)operation < COUNT(operations)',
            '(size_t)operation <= COUNT(operations)'),
        Bug('a quotation mark in a name', A, '"network_check"', '"network\\"check"'),
        Bug('an operation without a name', A, '    [MIGTASK_CLEAR] = "clear",\n', ''),
    ]),
    Proof('request_word', CHECK, {'LENGTH': 3, 'migtask_is_word.0': 4, 'prove_request_word.0': 4},
          bugs=[
        Bug('a text that is one byte too long (off by one)', 'core/unicode.c',
            'text.len <= max;', 'text.len <= max + 1;'),
        Bug('the last byte is not looked at (off by one)', 'core/unicode.c',
            'good && i < text.len;', 'good && i + 1 < text.len;'),
        Bug('a brace is a letter (off by one)', 'core/unicode.c', "letter <= 'z')",
            "letter <= '{')"),
    ]),
    Proof('request_visible', CHECK,
          {'LENGTH': 17, 'migtask_all_visible.0': 3, 'migtask_all_visible.1': 9,
           'prove_request_visible.0': 18}, bugs=[
        Bug('a blank (off by one)', 'core/unicode.c', 'EACH(0x21));', 'EACH(0x20));'),
        Bug('DEL, in a word', 'core/unicode.c', 'bad |= word | (word + EACH(1)) |', 'bad |= word |'),
        Bug('DEL, in the rest (off by one)', 'core/unicode.c', 'ptr[at] > 0x7E', 'ptr[at] > 0x7F'),
        Bug('all words but the last', 'core/unicode.c', 'bad |= word |', 'bad = word |'),
    ]),
    Proof('request_template', CHECK, {'is_template_id.0': 2}, bugs=[
        Bug('a character too many (off by one)', A, 'characters == MIGTASK_TEMPLATE_ID_MAX',
            'characters > MIGTASK_TEMPLATE_ID_MAX'),
        Bug('what is cut', A, ' || length > id.len - at', ''),
        Bug('what is no character', A, 'length == 0 || ', ''),
    ], replace=['migtask_utf8_decode'], induct=[
        (A, '        uint32_t character;\n', '        uint32_t character; '
            'void template_turn(size_t *, size_t *, size_t); '
            'template_turn(&at, &characters, id.len);\n'),
    ]),
    Proof('request_check', CHECK, bugs=[
        Bug('an operation behind the last (off by one)', A,
            '(unsigned)action->operation >= MIG', '(unsigned)action->operation > MIG'),
        Bug('a token that is one byte too long (off by one)', Q, 'token.len <= MIGTASK_TOKEN_MAX',
            'token.len <= MIGTASK_TOKEN_MAX + 1'),
        Bug('a host of any bytes', Q,
            'port != 0 && migtask_is_word(endpoint->host, MIGTASK_HOST_MAX, others)', 'port != 0'),
        Bug('an endpoint is not looked at where the action is good', Q,
            'check == MIGTASK_CHECK_OK && !is_endpoint', 'check != MIGTASK_CHECK_OK && !is_endpoint'),
    ], replace=['migtask_is_word', 'migtask_all_visible', 'is_template_id']),
]

ESCAPE = ['escape.c', 'memcpy.c', 'core/writer.c', 'core/unicode.c']


def escape(length):
    turns = length + 1
    return {'LENGTH': length, 'memcpy.0': 13, 'memcmp.0': 5, 'write_unit.0': 5, 'read_unit.0': 5,
            'migtask_utf8_decode.0': 4, 'migtask_put_ascii.0': turns,
            'migtask_put_escaped.0': turns, 'prove_escape_ascii.0': turns,
            'prove_escape_ascii.1': turns, 'prove_escape_text.0': turns, **plain(length)}


PROOFS += [
    Proof('escape_number', ESCAPE,
          {'LENGTH': 2, 'memcpy.0': 11, 'migtask_put_number.0': 2, 'number_ok.0': 11,
           'prove_escape_number.0': 11, 'prove_escape_number.1': 11}, {}, [
        Bug('room for four digits (off by one)', W, 'digits[10]', 'digits[4]'),
        Bug('a digit that is none (off by one)', W, 'number % 10)', 'number % 11)'),
        Bug('the first digit is lost (off by one)', W, 'digits + at, sizeof digits - at',
            'digits + at + 1, sizeof digits - at - 1'),
        Bug('the highest of 32 bits is lost', W, 'number /= 10;',
            'number = (number & 0x7FFFFFFF) / 10;'),
    ], ['migtask_put'], induct=[
        (W, '    do {\n', '    do { void number_turn(uint32_t *, size_t *, char *); '
            'number_turn(&number, &at, digits);\n'),
    ]),
    Proof('escape_ascii', ESCAPE, escape(4), escape(8), [
        Bug('U+10000 in one unit (off by one)', W, 'character > 0xFFFF', 'character > 0x10000'),
        Bug('a high surrogate that is one too high (off by one)', W, '0xD7C0 +', '0xD7C1 +'),
        Bug('a digit of five bits', W, 'hex[unit & 15]', 'hex[unit & 31]'),
    ], ['migtask_put']),
    Proof('escape_text', ESCAPE, escape(4), escape(8), [
        Bug('a byte behind the text (off by one)', W, 'took == 0 || took > len',
            'took == 0 || took > len + 1'),
        Bug('a quotation mark ends the JSON string', W, "(character == '\"' || ch", '(ch'),
        Bug('an escape is one byte too short (off by one)', W, '*size = 6', '*size = 5'),
        Bug('a broken byte takes the next one along (off by one)', W, 'return 1;', 'return 2;'),
    ], ['migtask_put']),
]

CALL = ['call_step.c', 'libc.c', 'core/wipe.c']
C = 'core/call.c'
PROOFS += [
    Proof('call_begin', CALL, {'EVENTS': 1}, bugs=[
        Bug('a request that is not good has no end', C,
            '        call->state = CALL_DONE;\n        call->outcome = MIGTASK_INVALID;',
            '        call->outcome = MIGTASK_INVALID;'),
        Bug('a byte of the request too few counts (off by one)', C,
            'call->request_len = count.total;', 'call->request_len = count.total - 1;'),
        Bug('a request that is not good is sent', C,
            'migtask_request_check(request) != MIGTASK_CHECK_OK', 'false'),
    ]),
    Proof('call_step', CALL, {'EVENTS': 2, 'take.0': 5, 'memcmp.0': 5},
          {'EVENTS': 4, 'take.0': 7, 'memcmp.0': 5}, [
        Bug('a wrap of the clock is a deadline', C, 'elapsed = now_ms - call->start_ms;',
            'elapsed = now_ms > call->start_ms ? now_ms - call->start_ms : UINT32_MAX;'),
        Bug('the last byte does not count (off by one)', C,
            'call->sent == call->request_len', 'call->sent > call->request_len'),
        Bug('an error code is overlooked', C, 'readable && !guard->no && ', 'readable && '),
        Bug('what cannot be read counts', C, 'readable && !guard->no && ', '!guard->no && '),
        Bug('only the end of an answer is early', C,
            '    call->early |= !call->out;\n', ''),
        Bug('an answer counts before all of the request has left', C,
            'retained(call) == MIGTASK_RETAINED_NONE', 'retained(call) != MIGTASK_RETAINED_ALL'),
        Bug('a yes that was cut is nothing', C, 'handed_over || said_yes', 'handed_over'),
        Bug('a connection that ends completes the response', C,
            'if (migtask_http_complete_at_end(&call->http)) {', 'if (call->received) {'),
        Bug('an early 200 counts', C, '!guard->no && !call->early', '!guard->no'),
        Bug('a byte behind the answer is left (off by one)', C, 'at == end);',
            'at >= end - 1);', OPEN),
        Bug('it stays open while the request is not out', C, 'CALL_RECEIVING && !call->early &&',
            'CALL_RECEIVING &&', OPEN),
        Bug('it stays open though the server closes', C,
            ' &&\n           migtask_http_persists(&call->http);', ';', OPEN),
    ]),
    Proof('call_cancel', CALL, {'EVENTS': 1}, bugs=[
        Bug('another reason than that (off by one)', C,
            'fail(call, MIGTASK_CANCELLED);', 'fail(call, MIGTASK_CANCELLED - MIGTASK_CANCELLED);'),
        Bug('the call goes on', C,
            'if (call->state != CALL_DONE) {\n        fail(call, MIGTASK_CANCELLED);',
            'if (call->state == CALL_DONE) {\n        fail(call, MIGTASK_CANCELLED);'),
        Bug('an outcome is not final', C, 'if (call->state != CALL_DONE) {', 'if (true) {'),
    ]),
]

REPLY = ['reply_token.c', 'memcpy.c']
R = 'core/reply.c'
REPLY_OK = {'reply_ok.0': 3, 'reply_ok.1': 2, 'prove_reply_token.0': 3, 'prove_reply_token.1': 2}


def token(length):
    return {'LENGTH': length, **REPLY_OK, 'any_text.0': length + 1, 'put_back.0': length + 1,
            'memcpy.0': min(length, 30) + 1}


PROOFS += [
    Proof('reply_token', REPLY, token(8), token(33), [
        Bug('a text that goes one byte too far (off by one)', R, 'end >= len', 'end > len + 1'),
        Bug('one parameter too many', R, 'reply->error_param_count == MIGTASK_ERROR_PARAM_COUNT',
            'false'),
        Bug('an empty token has a letter (off by one)', R, 'start < end ?', 'start <= end ?'),
    ]),
]

UTF8 = ['utf8.c', 'memcpy.c', 'core/unicode.c']
U = 'core/unicode.c'
DECODE = {'migtask_utf8_decode.0': 4, 'migtask_utf8_encode.0': 4, 'memcpy.0': 5,
          'prove_utf8_decode.0': 3}
PROOFS += [
    Proof('utf8_decode', UTF8, DECODE, {}, [
        Bug('bytes from 0xF8 on begin a character', U, 'value < 0xF8 ? 4', 'value <= 0xFF ? 4'),
        Bug('the last of three bytes may be overlong (off by one)', U, '0x800 >> 4', '0x7FF >> 4'),
        Bug('a byte behind the text (off by one)', U, 'if (i == len) {', 'if (i > len) {'),
    ]),
    Proof('utf8_encode', UTF8, DECODE, {}, [
        Bug('U+80 in one byte (off by one)', U, 'character < 0x80 ? 1', 'character <= 0x80 ? 1'),
        Bug('bits of the character are lost', U, '        character >>= 6;\n', '        character >>= 7;\n'),
        Bug('U+0800 in two bytes (off by one)', U, 'character < 0x800 ?', 'character <= 0x800 ?'),
    ]),
]

JSMN_SOURCES = ['jsmn.c', 'libc.c']
J = 'core/jsmn.h'


def jsmn(length, tokens):
    return {'LENGTH': length, 'TOKENS': tokens, 'jsmn_ok.0': tokens + 1,
            'jsmn_parse_string.0': 5, 'jsmn_parse_string.1': length + 1,
            'jsmn_parse_primitive.0': length + 1, 'jsmn_parse.0': tokens + 1, 'jsmn_parse.1': 2,
            'jsmn_parse.2': tokens + 1, 'strchr.0': 9}


TOO_MANY = Bug('a token too many (off by one)', J, 'parser->toknext >= num_tokens',
               'parser->toknext > num_tokens')
PROOFS += [
    Proof('jsmn_init', JSMN_SOURCES, jsmn(4, 2), {}, [
        Bug('no token is the parent, and it is the first (off by one)', J,
            'parser->toksuper = -1;\n}', 'parser->toksuper = 0;\n}'),
        Bug('some token is in use', J, 'parser->toknext = 0;', 'parser->toknext = 1;'),
        Bug('it begins somewhere', J, '  parser->pos = 0;\n', ''),
    ]),
    Proof('jsmn_string', JSMN_SOURCES, jsmn(8, 3), jsmn(16, 4), [
        TOO_MANY,
        Bug('the quotation mark is part of it (off by one)', J, 'JSMN_STRING, start + 1, parser',
            'JSMN_STRING, start, parser'),
        Bug('what a backslash at the end escapes', J, "c == '\\\\' && parser->pos + 1 < len",
            "c == '\\\\'"),
    ]),
    Proof('jsmn_primitive', JSMN_SOURCES, jsmn(8, 3), jsmn(16, 4), [
        TOO_MANY,
        Bug('it has no parent', J, 'start, parser->pos);\n#ifdef JSMN_PARENT_LINKS\n  token->parent '
            '= parser->toksuper;', 'start, parser->pos);\n#ifdef JSMN_PARENT_LINKS\n'),
        Bug('an error half way', J, 'js[parser->pos] >= 127) {\n      parser->pos = start;',
            'js[parser->pos] >= 127) {'),
    ]),
    Proof('jsmn_step', JSMN_SOURCES, jsmn(4, 3), jsmn(4, 8), [
        TOO_MANY,
        Bug('an end before any beginning', J, 'if (parser->toknext < 1) {', 'if (0) {'),
        Bug('a container that is its own parent (off by one)', J,
            "parser->toksuper = parser->toknext - 1;\n      break;\n    case '}':",
            "parser->toksuper = parser->toknext;\n      break;\n    case '}':"),
        Bug('the first token has a parent, too', J, 'if (token->parent == -1) {', 'if (0) {'),
    ], ['jsmn_parse_string', 'jsmn_parse_primitive']),
]

# Besides the usual machine: 32 bit as on a Cortex-M, and the configuration of the host.
ALSO = {
    'mcu, 32 bit': ['kept_cut', 'kept_begin', 'kept_append', 'guard_init', 'writer_put_ref'],
    OPEN: ['response_init', 'response_step', 'call_step', 'call_cancel'],
    'host, 64 bit': ['response_init', 'response_number', 'kept_cut', 'kept_begin', 'kept_append',
                     'kept_end', 'guard_init', 'guard_end', 'writer_put_ref', 'request_write'],
}
for one in PROOFS:
    one.also = tuple(machine for machine, names in ALSO.items() if one.name in names)
