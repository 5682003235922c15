#define _GNU_SOURCE 1

#include "hosts.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "migtask_posix.h"

/* RFC 1035 and an IPv6 address in full; what is longer is neither. */
#define WORD_MAX 253

/* The table is read in pieces, a word at a time, so that neither its length nor that of a line
 * matters. */
typedef struct table {
    migtask_posix_reader file;
    char piece[1024];
    size_t at;
    size_t end;
    char word[WORD_MAX + 1];
    size_t word_len; /* beyond WORD_MAX: it is too long */
    bool is_over;
} table;

/* The next byte; a line feed where the table ends or cannot be read. */
static char next_byte(table *from)
{
    if (from->at == from->end && !from->is_over) {
        from->at = 0;
        if (migtask_posix_reader_read(&from->file, from->piece, sizeof from->piece, &from->end) !=
            0) {
            from->end = 0;
        }
        from->is_over = from->end == 0;
    }
    return from->is_over ? '\n' : from->piece[from->at++];
}

/* Reads the next word of the line into from->word; false if the line has no other. */
static bool next_word(table *from, char *ended_by)
{
    from->word_len = 0;
    while (*ended_by == ' ' || *ended_by == '\t' || *ended_by == '\r') {
        *ended_by = next_byte(from);
    }
    while (*ended_by == '#' || *ended_by == '\n') { /* a comment goes to the end of its line */
        if (*ended_by == '\n') {
            return false;
        }
        while ((*ended_by = next_byte(from)) != '\n') {
        }
    }
    for (; strchr(" \t\r\n#", *ended_by) == NULL || *ended_by == '\0';
         *ended_by = next_byte(from)) {
        if (from->word_len < WORD_MAX) {
            from->word[from->word_len] = *ended_by;
        }
        from->word_len++;
    }
    from->word[from->word_len <= WORD_MAX ? from->word_len : 0] = '\0';
    return true;
}

static bool read_address(const char *text, migtask_posix_address *address)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET6, text, address->bytes) == 1) {
        address->len = 16;
    } else if (inet_pton(AF_INET, text, address->bytes) == 1) {
        address->len = 4;
    }
    return address->len != 0;
}

/* Behind the others of its family, if there is room. */
static void insert(migtask_posix_address *found, uint8_t *count, const migtask_posix_address *one)
{
    uint8_t to = *count;

    if (*count == MIGTASK_POSIX_ADDRESSES) {
        return;
    }
    while (one->len == 16 && to > 0 && found[to - 1].len == 4) {
        found[to] = found[to - 1];
        to--;
    }
    found[to] = *one;
    (*count)++;
}

uint8_t migtask_posix_hosts_find(migtask_view name,
                                 migtask_posix_address found[MIGTASK_POSIX_ADDRESSES])
{
    table hosts;
    uint8_t count = 0;

    if (name.len > 0 && name.ptr[name.len - 1] == '.') {
        name.len--;
    }
    memset(&hosts, 0, sizeof hosts);
    if (migtask_posix_reader_open(&hosts.file, "/etc/hosts") != MIGTASK_POSIX_FILE_OK) {
        return 0;
    }
    while (!hosts.is_over) {
        migtask_posix_address address;
        char ended_by = ' ';
        bool is_one = next_word(&hosts, &ended_by) && read_address(hosts.word, &address);
        bool is_ours = false;

        while (ended_by != '\n' && next_word(&hosts, &ended_by)) {
            is_ours = is_ours || (hosts.word_len == name.len &&
                                  strncasecmp(hosts.word, name.ptr, name.len) == 0);
        }
        if (is_one && is_ours) {
            insert(found, &count, &address);
        }
    }
    migtask_posix_reader_close(&hosts.file);
    return count;
}
