/* The name server (10.0.2.3) and the time server (10.0.2.4, or any other address) of the network.
 */
#include <string.h>

#include "test_network.h"

#define ETHERNET 14
#define IPV4 20
#define UDP 8
#define HEADERS (ETHERNET + IPV4 + UDP)

#define DNS_HEADER 12
#define NTP_LENGTH 48

/* Nobody has it, and nobody says so. */
static const uint8_t dead6[16] = {0xfe, 0xc0, [15] = 0x99};

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* RFC 1071 */
static uint16_t checksum(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2) {
        sum += get16(data + i);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* Turns a question of len bytes into the frame of an answer with size bytes behind its headers. */
static size_t make_answer(uint8_t *reply, const uint8_t *frame, size_t size)
{
    uint8_t *ip = reply + ETHERNET;
    uint8_t *udp = ip + IPV4;

    memcpy(reply, frame + 6, 6);
    memcpy(reply + 6, frame, 6);
    memcpy(reply + 12, frame + 12, 2 + IPV4);
    put16(ip + 2, (uint32_t)(IPV4 + UDP + size));
    memcpy(ip + 12, frame + ETHERNET + 16, 4);
    memcpy(ip + 16, frame + ETHERNET + 12, 4);
    put16(ip + 10, 0);
    put16(ip + 10, checksum(ip, IPV4));
    memcpy(udp, frame + ETHERNET + IPV4 + 2, 2);
    memcpy(udp + 2, frame + ETHERNET + IPV4, 2);
    put16(udp + 4, (uint32_t)(UDP + size));
    put16(udp + 6, 0); /* none */
    return HEADERS + size;
}

/* Names that begin with "no" do not exist; all others have the address of this machine. */
static size_t answer_name(const network_answers *answers, const uint8_t *question, size_t len,
                          uint8_t *answer, uint32_t *after_ms)
{
    static const uint8_t here4[4] = {10, 0, 2, 2};
    static const uint8_t here6[16] = {0xfe, 0xc0, [15] = 2};
    size_t end = DNS_HEADER;
    bool exists;
    bool six;
    size_t size;

    while (end < len && question[end] != 0) {
        end += 1u + question[end];
    }
    end += 5;
    if (len < end) {
        return 0;
    }
    six = get16(question + end - 4) == 28;
    exists = memcmp(question + DNS_HEADER + 1, "no", 2) != 0;
    memcpy(answer, question, end);
    put16(answer + 2, exists ? 0x8180 : 0x8183);
    put16(answer + 6, 0);
    put16(answer + 8, 0);
    put16(answer + 10, 0);
    *after_ms = six && answers->names_ipv6_slow ? 2000 : 0;
    if (!exists || (six && !answers->has_ipv6)) {
        return end;
    }
    put16(answer + 6, 1);
    put16(answer + end, 0xc00c);
    memcpy(answer + end + 2, question + end - 4, 4);
    put32(answer + end + 6, 0); /* not to be kept: each call asks anew */
    size = six ? 16 : 4;
    put16(answer + end + 10, (uint32_t)size);
    memcpy(answer + end + 12, !six ? here4 : answers->ipv6_dead ? dead6 : here6, size);
    return end + 12 + size;
}

static size_t answer_time(const network_answers *answers, const uint8_t *question, uint8_t *answer)
{
    memset(answer, 0, NTP_LENGTH);
    answer[0] = 4 << 3 | 4; /* version 4, server */
    answer[1] = 2;          /* stratum */
    memcpy(answer + 24, question + 40, 8);
    answer[31] ^= answers->time_forged;
    put32(answer + 40, (uint32_t)(answers->time + INT64_C(2208988800)));
    return NTP_LENGTH;
}

size_t network_answer(const network_answers *answers, const uint8_t *frame, size_t len,
                      uint8_t reply[NETWORK_FRAME], uint32_t *after_ms, bool *taken)
{
    const uint8_t *question = frame + HEADERS;
    size_t size = 0;
    uint16_t port;

    if (len >= ETHERNET + 40 && get16(frame + 12) == 0x86dd &&
        memcmp(frame + ETHERNET + 24, dead6, sizeof dead6) == 0) {
        *taken = true;
    }
    if (len < HEADERS || get16(frame + 12) != 0x0800 || frame[ETHERNET] != 0x45 ||
        frame[ETHERNET + 9] != 17) {
        return 0;
    }
    port = get16(frame + ETHERNET + IPV4 + 2);
    if (port == 53 && len < NETWORK_FRAME - 64) {
        *taken = true;
        if (!answers->names_silent) {
            size = answer_name(answers, question, len - HEADERS, reply + HEADERS, after_ms);
        }
    } else if (port == 123 && len >= HEADERS + NTP_LENGTH) {
        *taken = true;
        if (answers->time != 0) {
            size = answer_time(answers, question, reply + HEADERS);
        }
    }
    return size > 0 ? make_answer(reply, frame, size) : 0;
}
