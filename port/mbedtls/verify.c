/*
 * Which certificates are accepted, and the sentences about those that are not.
 *
 * mbedTLS builds the chain and checks signatures, path lengths and host names; it calls
 * migtask_verify_certificate() for each certificate, which adds what mbedTLS leaves open: dates
 * (by the caller's clock), addresses, no fall-back to the common name, no name constraints,
 * usages of issuers, and key sizes upwards.
 */
#include "verify.h"

#include <string.h>

#include "arena.h"
#include "der.h"
#include "mbedtls/oid.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform.h"
#include "trust.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 4096 };

const mbedtls_x509_crt_profile migtask_verify_profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
        (MIGTASK_TLS_SHA512
             ? MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512)
             : 0),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
        (MIGTASK_TLS_P384 ? MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) : 0),
    RSA_MIN_BITS,
};

/* ---- Words ---- */

struct migtask_writer migtask_sentence(migtask_tls *tls)
{
    struct migtask_writer writer = {.buf = tls->sentence, .cap = sizeof tls->sentence - 1};
    memset(tls->sentence, 0, sizeof tls->sentence);
    tls->said = tls->sentence;
    return writer;
}

void migtask_sentence_end(struct migtask_writer *writer)
{
    static const char more[] = "...";
    if (writer->total > writer->cap) {
        memcpy(writer->buf + writer->cap - (sizeof more - 1), more, sizeof more - 1);
    }
}

/* Text out of a certificate, quoted: at most 64 characters, visible ASCII only. */
static void put_quoted(struct migtask_writer *w, const uint8_t *text, size_t len)
{
    enum { MOST = 64 };
    migtask_put(w, "\"", 1);
    for (size_t i = 0; i < len && i < MOST; i++) {
        char c = (char)text[i];
        migtask_put(w, c >= ' ' && c <= '~' && c != '"' ? &c : "?", 1);
    }
    migtask_put_string(w, len > MOST ? "...\"" : "\"");
}

/* What people call the holder of a Name: its common name, or else its last part. */
static void put_name(struct migtask_writer *w, const mbedtls_x509_name *name)
{
    const mbedtls_x509_buf *best = &name->val;
    for (; name != NULL; name = name->next) {
        best = &name->val;
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0) {
            break;
        }
    }
    put_quoted(w, best->p, best->len);
}

static void put_two_digits(struct migtask_writer *w, int number)
{
    char digits[2] = {(char)('0' + number / 10 % 10), (char)('0' + number % 10)};
    migtask_put(w, digits, 2);
}

static void put_time(struct migtask_writer *w, const mbedtls_x509_time *t)
{
    put_two_digits(w, t->year / 100);
    put_two_digits(w, t->year);
    migtask_put(w, "-", 1);
    put_two_digits(w, t->mon);
    migtask_put(w, "-", 1);
    put_two_digits(w, t->day);
    migtask_put(w, " ", 1);
    put_two_digits(w, t->hour);
    migtask_put(w, ":", 1);
    put_two_digits(w, t->min);
}

static void put_address(struct migtask_writer *w, const uint8_t *address, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        if (len == 4) {
            migtask_put(w, ".", i > 0);
            migtask_put_number(w, address[i]);
        } else {
            migtask_put(w, ":", i > 0 && i % 2 == 0);
            migtask_put(w, hex + (address[i] >> 4), 1);
            migtask_put(w, hex + (address[i] & 15), 1);
        }
    }
}

/* ---- Dates ---- */

#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31 23:59:59 */

/* The Gregorian calendar of a time up to LAST_SECOND, reckoned in eras of 400 years whose years
 * begin in March. 32-bit arithmetic: firmware need not link a 64-bit division for this. */
static void civil_time(int64_t epoch_s, mbedtls_x509_time *t)
{
    uint32_t days = (uint32_t)(epoch_s >> 7) / 675; /* 86400 is 675 * 2^7 */
    int second = (int)(epoch_s - (int64_t)days * 86400);
    days += 719468; /* from 0000-03-01 */
    int era = (int)(days / 146097);
    int day_of_era = (int)(days % 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153; /* from March */
    t->day = day_of_year - (153 * month + 2) / 5 + 1;
    t->mon = month < 10 ? month + 3 : month - 9;
    t->year = era * 400 + year_of_era + (t->mon <= 2);
    t->hour = second / 3600;
    t->min = second / 60 % 60;
    t->sec = second % 60;
}

/* The time now; false if it is not known or absurd. */
static bool time_now(const migtask_tls *tls, mbedtls_x509_time *now)
{
    int64_t epoch_s;
    if (!tls->config.clock(tls->config.clock_ctx, &epoch_s) || epoch_s < 0 ||
        epoch_s > LAST_SECOND) {
        return false;
    }
    civil_time(epoch_s, now);
    return true;
}

static int compare_times(const mbedtls_x509_time *a, const mbedtls_x509_time *b)
{
    const int left[] = {a->year, a->mon, a->day, a->hour, a->min, a->sec};
    const int right[] = {b->year, b->mon, b->day, b->hour, b->min, b->sec};
    for (int i = 0; i < 6; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

static bool is_current(const mbedtls_x509_crt *crt, const mbedtls_x509_time *now)
{
    return compare_times(&crt->valid_from, now) <= 0 && compare_times(&crt->valid_to, now) >= 0;
}

/* ---- What a certificate is for ---- */

static bool is_for_servers(const mbedtls_x509_crt *crt)
{
    return mbedtls_x509_crt_check_extended_key_usage(
               crt, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
}

static enum migtask_der_found find_constraints(const mbedtls_x509_crt *crt)
{
    migtask_bytes extensions = {crt->v3_ext.p, crt->v3_ext.len};
    migtask_bytes oid = {(const uint8_t *)MBEDTLS_OID_NAME_CONSTRAINTS,
                         MBEDTLS_OID_SIZE(MBEDTLS_OID_NAME_CONSTRAINTS)};
    return migtask_der_find_extension(extensions, oid);
}

/* ---- The search for issuers ---- */

/* Notes a finding if none so grave was there; whether to write its sentence. */
static bool note(migtask_tls *tls, enum migtask_finding finding)
{
    if (finding <= tls->finding) {
        return false;
    }
    tls->finding = (uint8_t)finding;
    return true;
}

static void free_chain(mbedtls_x509_crt *crt)
{
    mbedtls_x509_crt_free(crt); /* the whole list, but not its head */
    mbedtls_free(crt);
}

/* Parses a root into *root, NULL if it is none. Returns 0, or not if memory ran out. */
static int parse_root(const migtask_tls *tls, migtask_bytes der, mbedtls_x509_crt **root)
{
    *root = mbedtls_calloc(1, sizeof **root);
    if (*root == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    mbedtls_x509_crt_init(*root);
    uint32_t refusals = migtask_arena_refusals();
    int result = migtask_root_parse(*root, der, tls->config.trust.ops->lasting);
    if (result == 0) {
        return 0;
    }
    free_chain(*root);
    *root = NULL;
    return migtask_arena_refusals() != refusals || migtask_is_memory_error(result)
               ? MBEDTLS_ERR_X509_ALLOC_FAILED
               : 0;
}

static bool has_signed(mbedtls_x509_crt *issuer, const mbedtls_x509_crt *child)
{
    uint8_t hash[MBEDTLS_MD_MAX_SIZE];
    mbedtls_md_type_t digest = child->MBEDTLS_PRIVATE(sig_md);
    mbedtls_pk_type_t type = child->MBEDTLS_PRIVATE(sig_pk);
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(digest);
    return info != NULL && mbedtls_md(info, child->tbs.p, child->tbs.len, hash) == 0 &&
           mbedtls_pk_can_do(&issuer->pk, type) &&
           mbedtls_pk_verify_ext(type, child->MBEDTLS_PRIVATE(sig_opts), &issuer->pk, digest, hash,
                                 mbedtls_md_get_size(info), child->MBEDTLS_PRIVATE(sig).p,
                                 child->MBEDTLS_PRIVATE(sig).len) == 0;
}

static bool is_current_now(const migtask_tls *tls, const mbedtls_x509_crt *crt)
{
    mbedtls_x509_time now;
    return time_now(tls, &now) && is_current(crt, &now);
}

/* Whether nothing but its dates could speak against it as an issuer. */
static bool may_issue(const mbedtls_x509_crt *crt)
{
    return (crt->version < 3 || crt->MBEDTLS_PRIVATE(ca_istrue)) &&
           mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0 &&
           is_for_servers(crt) && find_constraints(crt) == MIGTASK_DER_ABSENT;
}

/* How good a certificate of the right name is as the issuer of child. */
static int fitness(const migtask_tls *tls, mbedtls_x509_crt *crt, const mbedtls_x509_crt *child)
{
    if (tls->config.busy != NULL) {
        tls->config.busy(tls->config.busy_ctx);
    }
    return (has_signed(crt, child) ? 4 : 0) + (is_current_now(tls, crt) ? 2 : 0) + may_issue(crt);
}

/* mbedTLS takes the first certificate of the issuer's name that the server sent after child, be it
 * expired, or with another key. So if there are several, the best one is moved there. Returns it,
 * NULL if there is none. */
static const mbedtls_x509_crt *put_best_first(const migtask_tls *tls, mbedtls_x509_crt *child)
{
    migtask_bytes issuer = {child->issuer_raw.p, child->issuer_raw.len};
    mbedtls_x509_crt *best = NULL;
    int best_fitness = -1; /* not known yet: one alone need not be judged */
    for (mbedtls_x509_crt *crt = child->next; crt != NULL; crt = crt->next) {
        migtask_bytes subject = {crt->subject_raw.p, crt->subject_raw.len};
        if (!migtask_der_similar(issuer, subject)) {
            continue;
        }
        if (best == NULL) {
            best = crt;
            continue;
        }
        if (best_fitness < 0) {
            best_fitness = fitness(tls, best, child);
        }
        int its_fitness = fitness(tls, crt, child);
        if (its_fitness > best_fitness) {
            best = crt;
            best_fitness = its_fitness;
        }
    }
    if (best_fitness >= 0) {
        mbedtls_x509_crt *before = child;
        while (before->next != best) {
            before = before->next;
        }
        before->next = best->next;
        best->next = child->next;
        child->next = best;
    }
    return best;
}

/* Keeps the better one of two roots of one name, and the earlier one if they are as good. */
static mbedtls_x509_crt *better_root(const migtask_tls *tls, mbedtls_x509_crt *a,
                                     mbedtls_x509_crt *b, const mbedtls_x509_crt *child)
{
    bool first = fitness(tls, a, child) >= fitness(tls, b, child);
    free_chain(first ? b : a);
    return first ? a : b;
}

/* Gives the best root of the issuer's name; however many there are, two of them are in memory. */
int migtask_verify_roots(void *ctx, mbedtls_x509_crt const *child, mbedtls_x509_crt **roots)
{
    migtask_tls *tls = ctx;
    const migtask_trust *trust = &tls->config.trust;
    migtask_bytes issuer = {child->issuer_raw.p, child->issuer_raw.len};
    mbedtls_x509_crt *best = NULL;
    *roots = NULL;
    tls->rooted = false;
    tls->lookups++;
    if (tls->config.busy != NULL) {
        tls->config.busy(tls->config.busy_ctx);
    }
    migtask_trust_step step =
        trust->ops->rewind(trust->ctx) ? MIGTASK_TRUST_FOUND : MIGTASK_TRUST_FAILED;
    while (step == MIGTASK_TRUST_FOUND) {
        migtask_bytes der;
        mbedtls_x509_crt *root = NULL;
        step = trust->ops->next(trust->ctx, issuer, &der);
        if (step != MIGTASK_TRUST_FOUND) {
            break;
        }
        if (der.len == child->raw.len && memcmp(der.ptr, child->raw.p, der.len) == 0) {
            tls->pinned = child;
        } else if (parse_root(tls, der, &root) != 0) {
            (void)note(tls, MIGTASK_FINDING_MEMORY);
            break;
        } else if (root != NULL) {
            best = best == NULL ? root : better_root(tls, best, root, child);
        }
    }
    if (step == MIGTASK_TRUST_FAILED) {
        (void)note(tls, MIGTASK_FINDING_SOURCE);
    }
    if (step != MIGTASK_TRUST_END) {
        if (best != NULL) {
            free_chain(best);
        }
        return MBEDTLS_ERR_X509_FATAL_ERROR;
    }
    /* The list is mbedTLS's own and not constant, whatever the type says. */
    const mbedtls_x509_crt *sent = put_best_first(tls, (mbedtls_x509_crt *)(uintptr_t)child);
    tls->rooted = best != NULL;
    if (best != NULL && sent != NULL && !is_current_now(tls, best) && is_current_now(tls, sent)) {
        free_chain(best); /* an old root, whose name and key have another issuer by now */
        best = NULL;
    }
    *roots = best;
    return 0;
}

/* ---- The checks ---- */

static const char by_the_clock[] = ", and this machine's clock says ";

static void check_dates(migtask_tls *tls, const mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    mbedtls_x509_time now;
    if (!time_now(tls, &now)) {
        *flags |= MBEDTLS_X509_BADCERT_OTHER;
        (void)note(tls, MIGTASK_FINDING_CLOCK);
        return;
    }
    bool expired = compare_times(&crt->valid_to, &now) < 0;
    if (is_current(crt, &now)) {
        return;
    }
    *flags |= expired ? MBEDTLS_X509_BADCERT_EXPIRED : MBEDTLS_X509_BADCERT_FUTURE;
    if (!note(tls, MIGTASK_FINDING_DATES)) {
        return;
    }
    struct migtask_writer w = migtask_sentence(tls);
    migtask_put_string(&w, depth == 0 ? "the server's certificate " : "the issuing certificate ");
    put_name(&w, &crt->subject);
    migtask_put_string(&w, expired ? " has expired" : " is not valid yet");
    migtask_put_string(&w, ": it is valid from ");
    put_time(&w, &crt->valid_from);
    migtask_put_string(&w, " to ");
    put_time(&w, &crt->valid_to);
    migtask_put_string(&w, " UTC");
    migtask_put_string(&w, by_the_clock);
    put_time(&w, &now);
    migtask_put_string(&w, expired ? " UTC; if the clock is right, the certificate must be renewed"
                                   : " UTC; is the clock right?");
    migtask_sentence_end(&w);
}

static void check_issuer(migtask_tls *tls, const mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    if (depth == 0 && tls->pinned == crt) {
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    if ((*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0 || !note(tls, MIGTASK_FINDING_ISSUER)) {
        return;
    }
    struct migtask_writer w = migtask_sentence(tls);
    bool self_signed =
        migtask_der_similar((migtask_bytes){crt->issuer_raw.p, crt->issuer_raw.len},
                            (migtask_bytes){crt->subject_raw.p, crt->subject_raw.len});
    if (self_signed) {
        migtask_put_string(&w, depth == 0 ? "the server's certificate " : "the chain's last ");
        put_name(&w, &crt->subject);
        migtask_put_string(&w, " is self-signed and not among the trusted certificates");
    } else {
        migtask_put_string(&w, "the certificate ");
        put_name(&w, &crt->subject);
        migtask_put_string(&w, " was issued by ");
        put_name(&w, &crt->issuer);
    }
    if (depth + 1 < tls->lookups) { /* the search went on with the one that was sent */
        migtask_put_string(&w, "; the server sent a certificate of that name, but not with the key "
                               "that signed");
    } else if (tls->rooted) {
        migtask_put_string(&w,
                           "; a trusted certificate has that name, but not the key that signed");
    } else if (!self_signed) {
        migtask_put_string(&w, ", which is not among the trusted certificates");
        migtask_put_string(&w, "; either it must be added to them, or the server does not send its "
                               "whole chain");
    }
    migtask_sentence_end(&w);
}

static void put_accepted_signatures(struct migtask_writer *w)
{
    migtask_put_string(w,
                       " is signed with an algorithm that is not accepted; accepted are ECDSA and "
                       "RSA with SHA-256, SHA-384 or SHA-512");
}

static void check_strength(migtask_tls *tls, mbedtls_x509_crt *crt, uint32_t *flags)
{
    size_t bits = mbedtls_pk_get_bitlen(&crt->pk);
    bool rsa = mbedtls_pk_get_type(&crt->pk) == MBEDTLS_PK_RSA;
    uint32_t weak_signature = MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK;
    bool key = rsa ? bits < RSA_MIN_BITS || bits > RSA_MAX_BITS : bits != 256 && bits != 384;
    if (key) {
        *flags |= MBEDTLS_X509_BADCERT_BAD_KEY;
    }
    if ((!key && (*flags & weak_signature) == 0) || !note(tls, MIGTASK_FINDING_WEAK)) {
        return;
    }
    struct migtask_writer w = migtask_sentence(tls);
    migtask_put_string(&w, "the certificate ");
    put_name(&w, &crt->subject);
    if (key) {
        migtask_put_string(&w, rsa ? " has an RSA key of " : " has an elliptic-curve key of ");
        migtask_put_number(&w, (uint32_t)bits);
        migtask_put_string(&w, rsa ? " bits; accepted are 2048 to 4096"
                                   : " bits; accepted are P-256 and P-384");
    } else {
        put_accepted_signatures(&w);
    }
    migtask_sentence_end(&w);
}

/* Name constraints limit what a CA may sign for. mbedTLS does not evaluate them, so such a CA
 * is not accepted at all, however they are marked; nor is one that could have some for all we can
 * read. */
static void check_constraints(migtask_tls *tls, const mbedtls_x509_crt *crt, uint32_t *flags)
{
    enum migtask_der_found found = find_constraints(crt);
    if (found == MIGTASK_DER_ABSENT) {
        return;
    }
    *flags |= MBEDTLS_X509_BADCERT_OTHER;
    if (note(tls, MIGTASK_FINDING_CONSTRAINTS)) {
        struct migtask_writer w = migtask_sentence(tls);
        migtask_put_string(&w, "the issuing certificate ");
        put_name(&w, &crt->subject);
        migtask_put_string(&w,
                           found == MIGTASK_DER_PRESENT
                               ? " has name constraints, which this client cannot check"
                               : " has extensions that are not DER, so this client cannot check "
                                 "it for name constraints");
        migtask_sentence_end(&w);
    }
}

static void check_usage(migtask_tls *tls, const mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    if (is_for_servers(crt) && (depth > 0 || mbedtls_x509_crt_check_key_usage(
                                                 crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0)) {
        return;
    }
    *flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    if (note(tls, MIGTASK_FINDING_USAGE)) {
        struct migtask_writer w = migtask_sentence(tls);
        migtask_put_string(&w, "the certificate ");
        put_name(&w, &crt->subject);
        migtask_put_string(&w, " is for another purpose than a server's (its key usage says so)");
        migtask_sentence_end(&w);
    }
}

enum { SAN_DNS = 2, SAN_ADDRESS = 7, SAN_KIND = 0x1f };

static bool has_address(const mbedtls_x509_crt *crt, const uint8_t *address, size_t len)
{
    if (!mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)) {
        return false;
    }
    for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san != NULL; san = san->next) {
        if ((san->buf.tag & SAN_KIND) == SAN_ADDRESS && san->buf.len == len &&
            memcmp(san->buf.p, address, len) == 0) {
            return true;
        }
    }
    return false;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

static bool is_same_name(const uint8_t *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower((uint8_t)b[i])) {
            return false;
        }
    }
    return true;
}

/* Whether a name of a certificate stands for the host: itself, or an asterisk for its first label,
 * but for none right below the root, which would be everybody's (RFC 6125 section 7.2). */
static bool name_covers(const mbedtls_x509_buf *name, migtask_view host)
{
    const uint8_t *at = name->p;
    size_t len = name->len;
    if (len > 2 && at[0] == '*' && at[1] == '.') {
        const char *dot = memchr(host.ptr, '.', host.len);
        if (dot == NULL || dot == host.ptr || memchr(at + 2, '.', len - 2) == NULL) {
            return false;
        }
        at++;
        len--;
        host.len -= (size_t)(dot - host.ptr);
        host.ptr = dot;
    }
    return len == host.len && is_same_name(at, host.ptr, len);
}

static bool has_name(const mbedtls_x509_crt *crt, migtask_view host)
{
    if (!mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)) {
        return false; /* the common name does not count */
    }
    for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san != NULL; san = san->next) {
        if ((san->buf.tag & SAN_KIND) == SAN_DNS && name_covers(&san->buf, host)) {
            return true;
        }
    }
    return false;
}

/* The names and addresses of a certificate, as many as a sentence holds. */
static void put_alternatives(struct migtask_writer *w, const mbedtls_x509_crt *crt)
{
    uint32_t shown = 0;
    uint32_t more = 0;
    for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san != NULL; san = san->next) {
        int kind = san->buf.tag & SAN_KIND;
        if (kind != SAN_DNS && kind != SAN_ADDRESS) {
            continue;
        }
        if (shown > 0 && w->total + san->buf.len > w->cap / 2) {
            more++;
            continue;
        }
        migtask_put_string(w, shown > 0 ? ", " : "");
        if (kind == SAN_DNS) {
            put_quoted(w, san->buf.p, san->buf.len);
        } else if (san->buf.len == 4 || san->buf.len == 16) {
            put_address(w, san->buf.p, san->buf.len);
        }
        shown++;
    }
    if (more > 0) {
        migtask_put_string(w, " and ");
        migtask_put_number(w, more);
        migtask_put_string(w, " more");
    }
    if (shown == 0) {
        migtask_put_string(w, "no host");
    }
}

static void check_name(migtask_tls *tls, const mbedtls_x509_crt *crt, uint32_t *flags)
{
    const migtask_endpoint *endpoint = &tls->config.endpoint;
    bool any = mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME) != 0;
    /* mbedTLS has compared the host's name, too leniently: with the common name where there is no
     * other, and with an asterisk for all names below the root. */
    bool found =
        endpoint->kind == MIGTASK_HOST_NAME
            ? has_name(crt, endpoint->host)
            : has_address(crt, endpoint->address, endpoint->kind == MIGTASK_HOST_IPV4 ? 4 : 16);
    if (!found) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    if ((*flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) == 0 || !note(tls, MIGTASK_FINDING_NAME)) {
        return;
    }
    struct migtask_writer w = migtask_sentence(tls);
    if (any) {
        migtask_put_string(&w, "the server's certificate is for ");
        put_alternatives(&w, crt);
        migtask_put_string(&w, ", not for ");
    } else {
        migtask_put_string(&w, "the server's certificate ");
        put_name(&w, &crt->subject);
        migtask_put_string(&w, " has no subject alternative names, only a common name, which does "
                               "not count; it must name ");
    }
    put_quoted(&w, (const uint8_t *)endpoint->host.ptr, endpoint->host.len);
    migtask_sentence_end(&w);
}

int migtask_verify_certificate(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    migtask_tls *tls = ctx;
    if (crt->raw.p == NULL) { /* mbedTLS did not know the algorithm and left it unparsed */
        *flags |= MBEDTLS_X509_BADCERT_BAD_MD;
        if (note(tls, MIGTASK_FINDING_WEAK)) {
            struct migtask_writer w = migtask_sentence(tls);
            migtask_put_string(&w, "the server's certificate");
            put_accepted_signatures(&w);
            migtask_sentence_end(&w);
        }
        return 0;
    }
    check_issuer(tls, crt, depth, flags);
    check_strength(tls, crt, flags);
    check_dates(tls, crt, depth, flags);
    check_usage(tls, crt, depth, flags);
    if (depth > 0) {
        check_constraints(tls, crt, flags);
    } else {
        check_name(tls, crt, flags);
    }
    return 0;
}
