/*
 * migtask_posix.h - what a call needs of a POSIX system: a stream over TCP, two clocks, random
 * bytes and files.
 *
 *     static migtask_posix_tcp tcp;
 *     migtask_posix_tcp_init(&tcp, &endpoint);
 *     migtask_stream stream = migtask_posix_tcp_stream(&tcp);
 *
 * Nothing here takes heap memory. Under a strict standard such as -std=c11, _POSIX_C_SOURCE is to
 * be defined as 200809L before the first include: sigset_t is hidden without.
 *
 * With MIGTASK_POSIX_LWIP the stream goes over lwIP's sockets, and of the rest there is
 * migtask_posix_now_ms().
 */
#ifndef MIGTASK_POSIX_H
#define MIGTASK_POSIX_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migtask.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------
 * A stream over TCP.
 *
 * Opening it never blocks. A name is resolved first, IPv6 and IPv4 apart; once there are addresses
 * of one family, the other has 50 ms to be in time for the order, and may come later.
 * They are tried as RFC 8305 section 5 asks: IPv6 and IPv4 by turns, the next one when the latest
 * failed or after 250 ms, without giving up the earlier ones; the first to connect wins, the others
 * are closed. An address that took a connection and never said a word on it comes last the next
 * time. There is no deadline here: whoever drives the stream has one and calls close().
 *
 * A name that is not in /etc/hosts is looked up by getaddrinfo() in two child processes, one for
 * each family, since it blocks and takes heap memory:
 * - A child runs with all signals blocked and closes its copies of the caller's descriptors (but
 *   0, 1, 2); it writes nothing but the result and ends by _exit(), so no handler, buffer or
 *   atexit function of the caller runs in it. It is reaped once its result is here, or killed and
 *   reaped by close().
 * - The caller gets a SIGCHLD (ignored unless it has a handler). A caller that ignores SIGCHLD or
 *   reaps every child by itself does no harm.
 * - On Linux the child also ends with the thread that started it.
 * - In a program of several threads getaddrinfo() may wait for ever on a lock that another thread
 *   held at the fork (current C libraries take care of theirs): the call then ends by its deadline.
 *
 * One thread at a time; SIGPIPE never reaches the caller. The stream's
 * functions are those of migtask_stream_ops, and after close() it can be opened again (a name is
 * then resolved again). Reasons of a failure: resolve_failed, connect_failed, connection_lost.
 */

struct pollfd;

/* How many addresses of a name are kept, 2..16, and with that how many sockets can be connecting
 * at a time. Costs 28 bytes each in every migtask_posix_tcp. */
#ifndef MIGTASK_POSIX_ADDRESSES
#define MIGTASK_POSIX_ADDRESSES 16
#endif
#if MIGTASK_POSIX_ADDRESSES < 2 || MIGTASK_POSIX_ADDRESSES > 16
#error "MIGTASK_POSIX_ADDRESSES must be 2..16"
#endif

/* RFC 8305 section 8: the recommended Connection Attempt Delay. */
#define MIGTASK_POSIX_STAGGER_MS 250

/* RFC 8305 section 3: how long found addresses wait for those of the other family; and how long the
 * other family is waited for when none of them could be connected to. */
#define MIGTASK_POSIX_RESOLUTION_DELAY_MS 50
#define MIGTASK_POSIX_LATE_MS 2000

/* How many descriptors a stream waits for at most: its addresses', and the search for more. */
#define MIGTASK_POSIX_WATCHED (MIGTASK_POSIX_ADDRESSES + 1)

/* Bytes of the longest sentence with its NUL; a longer one is cut. */
#define MIGTASK_POSIX_SENTENCE_MAX 256

/* How far the current or, after close(), the latest opening came. */
typedef enum migtask_posix_tcp_phase {
    MIGTASK_POSIX_TCP_CLOSED, /* never opened */
    MIGTASK_POSIX_TCP_RESOLVING,
    MIGTASK_POSIX_TCP_CONNECTING,
    MIGTASK_POSIX_TCP_CONNECTED,
    MIGTASK_POSIX_TCP_HEARD /* and the other end has said something */
} migtask_posix_tcp_phase;

/* What is found of a name, as the stream keeps it. Private. */
typedef struct migtask_posix_address {
    uint32_t scope;    /* zone index of an IPv6 link-local address, else 0 */
    uint8_t len;       /* 4: IPv4, 16: IPv6 */
    uint8_t bytes[16]; /* network order */
} migtask_posix_address;

#define MIGTASK_POSIX_SEARCHES 2 /* IPv6 and IPv4 */

/* A search under way. All zero: none. */
typedef struct migtask_posix_resolver {
#ifdef MIGTASK_POSIX_LWIP /* port/lwip/lwip_resolve.c */
    migtask_view name;    /* not copied there; with tcp.c it stays valid */
    uint8_t lookups[2];   /* lwIP's, of each family */
    uint8_t waiting;      /* families still to be asked for, bits */
    bool searching;
    bool found;
#else
    long processes[MIGTASK_POSIX_SEARCHES]; /* the children; 0: none, or it is done */
    int fd;                                 /* where their results come from, while some run */
    uint8_t running;                        /* results that are still to come */
    uint8_t status;                         /* the most telling of those that came */
#endif
} migtask_posix_resolver;

/* How many silent addresses are remembered; one that is forgotten is tried in its turn again. */
#define MIGTASK_POSIX_SILENT 4

/* All zero: none are known, and none is silent. */
typedef struct migtask_posix_addresses {
    migtask_posix_address list[MIGTASK_POSIX_ADDRESSES];
    uint32_t
        silent[MIGTASK_POSIX_SILENT]; /* addresses that said nothing: hashes, the newest last */
    uint8_t count;
    uint8_t next; /* the first that was not tried yet */
} migtask_posix_addresses;

/* The stream's object. Its inside is private; it must not be moved while open. */
typedef struct migtask_posix_tcp {
    migtask_endpoint where;
    const sigset_t *wait_mask; /* or NULL */
    migtask_posix_resolver resolver;
    migtask_posix_addresses addresses;
    int attempts[MIGTASK_POSIX_ADDRESSES]; /* the socket of each address, -1 if none */
    int fd;                                /* the connection, -1 if none */
    uint32_t next_at;                      /* when the next address is due */
    uint32_t found_at;                     /* when the first address was found */
    bool early;      /* something had come before all that was sent was acknowledged */
    bool fresh;      /* something was just sent: no answer can be there yet */
    bool searching;  /* there may be more addresses */
    short events;    /* what the latest send and recv would wait for */
    uint8_t pending; /* sockets in attempts */
    uint8_t at;      /* the address that is connected */
    uint8_t state;
    uint8_t phase;
    uint8_t rank; /* how telling the failure in the sentence is */
    migtask_reason reason;
    char peer[64];
    char sentence[MIGTASK_POSIX_SENTENCE_MAX];
} migtask_posix_tcp;

/* Prepares a closed stream to *where, which is copied; the memory of where->host must outlive the
 * stream's use. For an address, only where->address and the port are used. No system call. */
void migtask_posix_tcp_init(migtask_posix_tcp *tcp, const migtask_endpoint *where);

/* The stream; valid as long as *tcp is. */
migtask_stream migtask_posix_tcp_stream(migtask_posix_tcp *tcp);

/* Has migtask_posix_tcp_wait() wait under this signal mask (as ppoll() does), so that a caller
 * which keeps its signals blocked outside of the wait misses none. NULL, as after init: the mask
 * stays as it is. The set is the caller's and must outlive the stream's use. */
void migtask_posix_tcp_wait_mask(migtask_posix_tcp *tcp, const sigset_t *mask);

/* Waits until the stream may get on where its functions last said WOULD_BLOCK, at most max_ms;
 * returns early after a signal was handled. Fits migtask_waiter.wait; ctx is the migtask_posix_tcp.
 * While the stream is closed it waits for max_ms or a signal: a pause between two calls. While open
 * with nothing to wait for (no WOULD_BLOCK since the last wait) it waits 10 ms at most. */
void migtask_posix_tcp_wait(void *ctx, uint32_t max_ms);

/* The same for a loop of the caller's own, which waits for several streams at a time: writes the
 * descriptors to wait for to set[0..], which has room for MIGTASK_POSIX_WATCHED, returns how many
 * (0: only for the time), and lowers *max_ms to what the stream may wait at most. The loop then
 * calls poll() or its like, and the stream's functions again; what poll() said is not needed. */
unsigned migtask_posix_tcp_watch(migtask_posix_tcp *tcp, struct pollfd *set, uint32_t *max_ms);

migtask_posix_tcp_phase migtask_posix_tcp_phase_of(const migtask_posix_tcp *tcp);

/* The address connected to or, before that, the one tried last: "127.0.0.1 port 8443",
 * "[::1] port 8443"; "" while there is none. Inside *tcp; changes with the stream's functions and
 * stays after close(), until the stream is opened again. */
const char *migtask_posix_tcp_peer(const migtask_posix_tcp *tcp);

/* ---------------------------------------------------------------------------------------------
 * Clocks.
 *
 * Both are one clock_gettime(), which Linux answers without a system call. ctx is not used (NULL
 * is fine); it is there so that the functions fit migtask_waiter and its like. Any thread may
 * call them, a signal handler too. Over lwIP's sockets (MIGTASK_POSIX_LWIP) the first is lwIP's
 * sys_now(), and there is no second.
 */

/* Milliseconds since some moment in the past; never set back, wraps at 2^32 (49.7 days). Compare
 * two of them by their difference, (int32_t)(a - b). Time that the machine is suspended does not
 * count on Linux. */
uint32_t migtask_posix_now_ms(void *ctx);

/* Seconds since 1970-01-01 UTC as the machine believes; MIGTASK_NO_DATE only where there is no such
 * clock at all. A clock that was never set (a rescue machine in 1970) is returned as it is: who
 * checks a certificate can then name the wrong date, which tells a person what to repair. */
int64_t migtask_posix_epoch_s(void *ctx);

/* ---------------------------------------------------------------------------------------------
 * Random bytes, from the kernel.
 *
 * TLS asks for many small pieces, and each would be a system call. So on Linux the bytes are taken
 * from a pool, filled 512 at a time; bytes that were given out are wiped in it. The pool is the
 * only mutable state of port/posix that is not in an object of the caller's. It is safe:
 * - among threads: one uses the pool, another that comes meanwhile asks the kernel itself;
 * - after fork(): the kernel empties the pool in the child (MADV_WIPEONFORK, Linux 4.14), so
 *   parent and child never get the same bytes. Where the kernel cannot do that there is no pool.
 * Not for signal handlers that use it themselves.
 */

/* Fills buf with len bytes fit for keys; ctx is not used. 0: done; -1: the system gives none, and
 * buf is not to be used. Early after boot Linux may hold the call until it has gathered entropy
 * (about a second since 5.4); a signal then ends it with -1. Whoever has a deadline asks
 * migtask_posix_random_ready() first. */
int migtask_posix_random(void *ctx, void *buf, size_t len);

/* Whether migtask_posix_random() now returns at once, be it with -1. Once true it stays so. Costs
 * nothing: on Linux it fills the pool. */
bool migtask_posix_random_ready(void);

/* Waits until it is ready. 0: it is; -1 with errno: EINTR after a signal handler without
 * SA_RESTART, otherwise there will never be random bytes. */
int migtask_posix_random_wait(void);

/* ---------------------------------------------------------------------------------------------
 * Files, read in bounded memory: small ones whole, large ones piece by piece.
 *
 * Every file is opened once and then checked on the open descriptor, so that nobody can exchange
 * it between check and use. Opening never waits, not for the writer of a FIFO either.
 */

typedef enum migtask_posix_file_status {
    MIGTASK_POSIX_FILE_OK,
    MIGTASK_POSIX_FILE_NOT_OPENED,  /* errno says why */
    MIGTASK_POSIX_FILE_WRONG_KIND,  /* a directory, a disk */
    MIGTASK_POSIX_FILE_NOT_REGULAR, /* a pipe or device where the file is read more than once */
    MIGTASK_POSIX_FILE_NOT_READ,    /* errno says why */
    MIGTASK_POSIX_FILE_TOO_LARGE,
    MIGTASK_POSIX_FILE_TIMEOUT,   /* no end of it within the time */
    MIGTASK_POSIX_FILE_CANCELLED, /* a signal said so */
} migtask_posix_file_status;

/* Half a sentence for people that goes after the file's name, e.g. "is a directory". error: the
 * errno of NOT_OPENED and NOT_READ, else not used. Static memory. */
const char *migtask_posix_file_text(migtask_posix_file_status status, int error);

/* How long reading may wait, and what ends it before that. */
typedef struct migtask_posix_patience {
    uint32_t start_ms;                      /* when the time began: migtask_posix_now_ms() */
    uint32_t timeout_ms;                    /* for all that is read with this patience */
    const sigset_t *wait_mask;              /* signal mask while waiting, as for ppoll(); or NULL */
    const volatile sig_atomic_t *cancelled; /* set by a handler to give up; or NULL */
    /* Reads a terminal, whose line mode gives no more than 4095 bytes of a line; NULL: in that.
     * What it returns is what migtask_posix_file_read() does. */
    migtask_posix_file_status (*terminal)(void *ctx, int fd, char *buf, size_t cap, size_t *got);
    void *terminal_ctx;
} migtask_posix_patience;

/* Reads all of a file into buf and says how many bytes in *got (0..cap). path "-" is standard
 * input, which is left open and its flags untouched. Regular files, pipes, FIFOs, sockets,
 * terminals and other character devices will do; one that stays silent ends with TIMEOUT. (A
 * standard input that another process reads at the same time may hold this up longer.) After
 * anything but OK all cap bytes of buf are wiped and *got is 0. */
migtask_posix_file_status migtask_posix_file_read(const char *path, void *buf, size_t cap,
                                                  size_t *got,
                                                  const migtask_posix_patience *patience);

/* A regular file that is read in order, and again from its start. */
typedef struct migtask_posix_reader {
    int fd;
    int error;     /* errno after a read that failed, else 0 */
    uint64_t size; /* when it was opened */
    uint64_t at;   /* the next byte's position */
} migtask_posix_reader;

/* Opens a file for reading: OK, NOT_OPENED, WRONG_KIND, NOT_REGULAR. Only after OK it holds a
 * descriptor, and is to be closed. */
migtask_posix_file_status migtask_posix_reader_open(migtask_posix_reader *reader, const char *path);

/* Back to the start; ctx is the reader. Always true (no system call: it reads by position). */
bool migtask_posix_reader_rewind(void *ctx);

/* Gives up to cap (>= 1) next bytes and says how many in *got, 0 at the end; ctx is the reader.
 * 0: done; -1: failed, reader->error is set and *got is 0. A disk or network file system may
 * block it. */
int migtask_posix_reader_read(void *ctx, void *buf, size_t cap, size_t *got);

void migtask_posix_reader_close(migtask_posix_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
