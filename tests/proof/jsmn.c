/*
 * jsmn, as core/reply.c has it: any parser and tokens that keep the invariant, any text. A string
 * or a primitive is one turn of its loop, however long it is, so jsmn_parse() is proved for one
 * character behind any others, with those two by their contracts.
 */
#pragma CPROVER check push
/* jsmn counts in int and unsigned by turns: -1 for "none" comes of 0 - 1. */
#pragma CPROVER check disable "unsigned-overflow"
#pragma CPROVER check disable "conversion"
#define JSMN_STATIC
#define JSMN_PARENT_LINKS
#include <jsmn.h>
#pragma CPROVER check pop

#include "proof.h"

#ifndef LENGTH
#define LENGTH 8 /* of a string or primitive, with what is before it */
#endif
#ifndef TOKENS
#define TOKENS 4
#endif

static char text[LENGTH];
static jsmntok_t tokens[TOKENS];
static jsmn_parser parser;

/* A token that is in use: a container that is open has no end yet. */
static bool token_ok(int i)
{
    const jsmntok_t *token = &tokens[i];
    return token->start >= 0 && token->start <= (int)parser.pos &&
           (token->end >= token->start || token->end == -1) && token->parent >= -1 &&
           token->parent < i && token->size >= 0 && token->size <= (int)parser.toknext;
}

static bool jsmn_ok(void)
{
    bool good = parser.toknext <= TOKENS && parser.toksuper >= -1 &&
                parser.toksuper < (int)parser.toknext && parser.pos <= INT32_MAX - 1;
    for (int i = 0; i < TOKENS; i++) {
        good = good && (i >= (int)parser.toknext || token_ok(i));
    }
    return good;
}

static void any_jsmn(void)
{
    __CPROVER_havoc_object(text);
    __CPROVER_havoc_object(tokens);
    __CPROVER_havoc_object(&parser);
    assume(jsmn_ok());
}

void prove_jsmn_init(void)
{
    any_jsmn();
    jsmn_init(&parser);
    prove(jsmn_ok() && parser.pos == 0 && parser.toknext == 0);
}

/* What jsmn_parse_string() and jsmn_parse_primitive() promise. */
static void prove_one_token(unsigned from, unsigned next, size_t len, int result)
{
    prove(jsmn_ok());
    if (result == 0) {
        const jsmntok_t *token = &tokens[next];
        prove(parser.toknext == next + 1 && token->parent == parser.toksuper);
        prove(token->size == 0 && token->end >= 0);
        prove(parser.pos >= from && parser.pos < len && token->end <= (int)parser.pos + 1);
    } else {
        prove(result < 0 && parser.pos == from && parser.toknext == next);
    }
}

void prove_jsmn_string(void)
{
    any_jsmn();
    size_t len = any_upto(LENGTH);
    assume(parser.pos < len && text[parser.pos] == '"');
    const unsigned from = parser.pos, next = parser.toknext;
    int result = jsmn_parse_string(&parser, text, len, tokens, TOKENS);
    prove_one_token(from, next, len, result);
    /* What core/reply.c counts on: it lies between quotation marks. */
    prove(implies(result == 0, tokens[next].type == JSMN_STRING &&
                                   tokens[next].start == (int)from + 1 &&
                                   tokens[next].end == (int)parser.pos && text[parser.pos] == '"'));
}

void prove_jsmn_primitive(void)
{
    any_jsmn();
    size_t len = any_upto(LENGTH);
    assume(parser.pos < len && text[parser.pos] > ' ' && text[parser.pos] < 127);
    assume(strchr("\"[]{}:,", text[parser.pos]) == NULL);
    const unsigned from = parser.pos, next = parser.toknext;
    int result = jsmn_parse_primitive(&parser, text, len, tokens, TOKENS);
    prove_one_token(from, next, len, result);
    prove(implies(result == 0, tokens[next].type == JSMN_PRIMITIVE));
}

/* Their contract, seen by jsmn_parse(): its loop goes on behind the last byte that they took. */
static int any_token(jsmntype_t type, size_t len, size_t room)
{
    prove(parser.pos < len);
    if (any_bool() || parser.toknext >= room) {
        int error = -(int)(1 + any_upto(2));
        return error;
    }
    jsmntok_t *token = &tokens[parser.toknext++];
    token->type = type;
    token->parent = parser.toksuper;
    token->size = 0;
    token->start = (int)any_upto(parser.pos);
    token->end = (int)any_upto(parser.pos);
    assume(token->end >= token->start);
    return 0;
}

int jsmn_parse_string_contract(jsmn_parser *same, const char *js, size_t len, jsmntok_t *to,
                               size_t room)
{
    (void)js;
    prove(same == &parser && to == tokens);
    return any_token(JSMN_STRING, len, room);
}

int jsmn_parse_primitive_contract(jsmn_parser *same, const char *js, size_t len, jsmntok_t *to,
                                  size_t room)
{
    (void)js;
    prove(same == &parser && to == tokens);
    return any_token(JSMN_PRIMITIVE, len, room);
}

/* One character behind any others. */
void prove_jsmn_step(void)
{
    any_jsmn();
    assume(parser.pos < LENGTH);
    const unsigned from = parser.pos, next = parser.toknext;
    int result = jsmn_parse(&parser, text, (size_t)from + 1, tokens, TOKENS);
    prove(jsmn_ok());
    prove(parser.toknext >= next && parser.toknext <= next + 1);
    prove(result >= -3 && result <= (int)parser.toknext);
    prove(parser.pos == from || parser.pos == from + 1);
}
