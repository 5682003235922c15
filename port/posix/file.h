/*
 * file.h - files read in bounded memory: small ones whole, large ones piece by piece.
 *
 * Every file is opened once and then checked on the open descriptor, so that nobody can exchange
 * it between check and use. Opening never waits, not for the writer of a FIFO either.
 */
#ifndef MIGTASK_POSIX_FILE_H
#define MIGTASK_POSIX_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

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
