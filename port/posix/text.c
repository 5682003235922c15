#define _GNU_SOURCE 1

#include "text.h"

#include <string.h>

migtask_posix_text migtask_posix_text_begin(char *buf, size_t cap)
{
    migtask_posix_text text = {buf, cap - 1};

    buf[0] = '\0';
    return text;
}

void migtask_posix_text_view(migtask_posix_text *text, migtask_view view)
{
    size_t len = view.len < text->left ? view.len : text->left;

    if (len > 0) {
        memcpy(text->end, view.ptr, len);
    }
    text->end += len;
    text->left -= len;
    *text->end = '\0';
}

void migtask_posix_text_add(migtask_posix_text *text, const char *string)
{
    migtask_view view = {string, strlen(string)};

    migtask_posix_text_view(text, view);
}

static void add_in_base(migtask_posix_text *text, uint32_t number, uint32_t base)
{
    char digits[10];
    size_t at = sizeof digits;
    migtask_view view;

    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    view.ptr = digits + at;
    view.len = sizeof digits - at;
    migtask_posix_text_view(text, view);
}

void migtask_posix_text_number(migtask_posix_text *text, uint32_t number)
{
    add_in_base(text, number, 10);
}

static void add_ipv4(migtask_posix_text *text, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        migtask_posix_text_add(text, i > 0 ? "." : "");
        add_in_base(text, bytes[i], 10);
    }
}

static uint32_t group(const uint8_t *bytes, size_t i)
{
    return (uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

static void add_ipv6(migtask_posix_text *text, const uint8_t *bytes)
{
    size_t zeros = 8; /* the first of the longest run of at least two zero groups */
    size_t length = 1;

    for (size_t i = 0; i < 8; i++) {
        size_t run = 0;

        while (i + run < 8 && group(bytes, i + run) == 0) {
            run++;
        }
        if (run > length) {
            zeros = i;
            length = run;
        }
    }
    for (size_t i = 0; i < 8; i++) {
        if (i == zeros) {
            migtask_posix_text_add(text, "::");
            i += length - 1;
            continue;
        }
        migtask_posix_text_add(text, i > 0 && i != zeros + length ? ":" : "");
        add_in_base(text, group(bytes, i), 16);
    }
}

void migtask_posix_text_peer(migtask_posix_text *text, const migtask_posix_address *address,
                             uint16_t port)
{
    if (address->len == 4) {
        add_ipv4(text, address->bytes);
    } else {
        migtask_posix_text_add(text, "[");
        add_ipv6(text, address->bytes);
        if (address->scope != 0) {
            migtask_posix_text_add(text, "%");
            migtask_posix_text_number(text, address->scope);
        }
        migtask_posix_text_add(text, "]");
    }
    migtask_posix_text_add(text, " port ");
    migtask_posix_text_number(text, port);
}
