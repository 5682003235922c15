#define _GNU_SOURCE 1
/* On 32-bit machines fstat() fails for large inode numbers, and for times after 2038, unless glibc
 * is asked for more. */
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS 64

#include "migtask_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "migtask.h"
#include "waiting.h"

/* O_NONBLOCK: a FIFO without a writer, or a modem line, would hold open() up; it changes nothing
 * for regular files. O_NOCTTY: a terminal does not become ours. */
static migtask_posix_file_status open_file(const char *path, int *fd)
{
    /* Not open(): musl's makes a second system call for the sake of old kernels. */
    *fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return *fd >= 0 ? MIGTASK_POSIX_FILE_OK : MIGTASK_POSIX_FILE_NOT_OPENED;
}

static migtask_posix_file_status check_kind(int fd, bool *regular, bool *device, uint64_t *size)
{
    struct stat about;

    if (fstat(fd, &about) != 0) {
        return MIGTASK_POSIX_FILE_NOT_OPENED;
    }
    *regular = S_ISREG(about.st_mode);
    if (device != NULL) {
        *device = S_ISCHR(about.st_mode);
    }
    if (size != NULL) {
        *size = (uint64_t)about.st_size;
    }
    return S_ISDIR(about.st_mode) || S_ISBLK(about.st_mode) ? MIGTASK_POSIX_FILE_WRONG_KIND
                                                            : MIGTASK_POSIX_FILE_OK;
}

static bool is_cancelled(const migtask_posix_patience *patience)
{
    return patience->cancelled != NULL && *patience->cancelled != 0;
}

/* Waits until fd has something to read, be it its end. For a FIFO that nobody has opened for
 * writing yet read() would already say that it ended; poll() does not. */
static migtask_posix_file_status wait_for_data(int fd, const migtask_posix_patience *patience)
{
    while (!is_cancelled(patience)) {
        struct pollfd watched = {.fd = fd, .events = POLLIN, .revents = 0};
        uint32_t passed = migtask_posix_now_ms(NULL) - patience->start_ms;
        int ready;

        if (passed >= patience->timeout_ms) {
            return MIGTASK_POSIX_FILE_TIMEOUT;
        }
        ready = migtask_posix_wait(&watched, 1, patience->timeout_ms - passed, patience->wait_mask);
        if (ready > 0) {
            return MIGTASK_POSIX_FILE_OK;
        }
        if (ready < 0 && errno != EINTR) {
            return MIGTASK_POSIX_FILE_NOT_READ;
        }
    }
    return MIGTASK_POSIX_FILE_CANCELLED;
}

static migtask_posix_file_status read_all(int fd, char *buf, size_t cap, size_t *got,
                                          const migtask_posix_patience *patience)
{
    bool regular = false;
    bool device = false;
    migtask_posix_file_status status = check_kind(fd, &regular, &device, NULL);

    if (status == MIGTASK_POSIX_FILE_OK && patience->terminal != NULL && device && isatty(fd)) {
        return patience->terminal(patience->terminal_ctx, fd, buf, cap, got);
    }
    while (status == MIGTASK_POSIX_FILE_OK) {
        char spare; /* one byte beyond the buffer tells a file that fits from one that does not */
        size_t left = cap - *got;
        ssize_t n;

        if (!regular) {
            status = wait_for_data(fd, patience);
            if (status != MIGTASK_POSIX_FILE_OK) {
                break;
            }
        }
        n = left > 0 ? read(fd, buf + *got, left) : read(fd, &spare, 1);
        if (n == 0) {
            return MIGTASK_POSIX_FILE_OK;
        }
        if (n > 0 && left == 0) {
            status = MIGTASK_POSIX_FILE_TOO_LARGE;
        } else if (n > 0) {
            *got += (size_t)n;
        } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            status = MIGTASK_POSIX_FILE_NOT_READ;
        } else {
            regular = false; /* a kernel file that only looks like one, e.g. /proc/kmsg */
        }
    }
    return status;
}

migtask_posix_file_status migtask_posix_file_read(const char *path, void *buf, size_t cap,
                                                  size_t *got,
                                                  const migtask_posix_patience *patience)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = STDIN_FILENO;
    int error;
    migtask_posix_file_status status =
        standard_input ? MIGTASK_POSIX_FILE_OK : open_file(path, &fd);

    *got = 0;
    if (status == MIGTASK_POSIX_FILE_OK) {
        status = read_all(fd, buf, cap, got, patience);
        error = errno;
        if (!standard_input) {
            close(fd);
        }
        errno = error;
    }
    if (status != MIGTASK_POSIX_FILE_OK) {
        error = errno;
        migtask_wipe(buf, cap);
        *got = 0;
        errno = error;
    }
    return status;
}

migtask_posix_file_status migtask_posix_reader_open(migtask_posix_reader *reader, const char *path)
{
    bool regular = false;
    migtask_posix_file_status status = open_file(path, &reader->fd);

    reader->error = 0;
    reader->at = 0;
    if (status == MIGTASK_POSIX_FILE_OK) {
        status = check_kind(reader->fd, &regular, NULL, &reader->size);
        if (status == MIGTASK_POSIX_FILE_OK && !regular) {
            status = MIGTASK_POSIX_FILE_NOT_REGULAR;
        }
        if (status != MIGTASK_POSIX_FILE_OK) {
            int error = errno;

            migtask_posix_reader_close(reader);
            errno = error;
        }
    }
    return status;
}

bool migtask_posix_reader_rewind(void *ctx)
{
    migtask_posix_reader *reader = ctx;

    reader->at = 0;
    return true;
}

int migtask_posix_reader_read(void *ctx, void *buf, size_t cap, size_t *got)
{
    migtask_posix_reader *reader = ctx;
    ssize_t n;

    if (reader->at > 0 && reader->at == reader->size) { /* its end */
        *got = 0;
        reader->error = 0;
        return 0;
    }
    do {
        n = pread(reader->fd, buf, cap, (off_t)reader->at);
    } while (n < 0 && errno == EINTR);
    *got = n > 0 ? (size_t)n : 0;
    reader->at += *got;
    reader->error = n < 0 ? errno : 0;
    return n < 0 ? -1 : 0;
}

void migtask_posix_reader_close(migtask_posix_reader *reader)
{
    if (reader->fd >= 0) {
        close(reader->fd);
        reader->fd = -1;
    }
}

static const char *error_text(int error)
{
    switch (error) {
    case ENOENT:
        return "does not exist";
    case ENOTDIR:
        return "does not exist: a part of its path is not a directory";
    case EACCES:
    case EPERM:
        return "may not be read by this user";
    case ELOOP:
        return "cannot be opened: too many symbolic links";
    case ENAMETOOLONG:
        return "cannot be opened: its name is too long";
    case EMFILE:
    case ENFILE:
        return "cannot be opened: too many files are open";
    case EIO:
        return "cannot be read: the disk or network file system fails";
    case EBADF:
        return "is not open";
    case ENXIO:
    case ENODEV:
        return "cannot be opened: nothing stands behind it (a socket, or a device that is absent)";
    default:
        return "cannot be read";
    }
}

const char *migtask_posix_file_text(migtask_posix_file_status status, int error)
{
    switch (status) {
    case MIGTASK_POSIX_FILE_OK:
        return "was read";
    case MIGTASK_POSIX_FILE_WRONG_KIND:
        return "is a directory or a disk, not a file";
    case MIGTASK_POSIX_FILE_NOT_REGULAR:
        return "is a pipe or a device, but it is read more than once: give a regular file";
    case MIGTASK_POSIX_FILE_TOO_LARGE:
        return "is too large";
    case MIGTASK_POSIX_FILE_TIMEOUT:
        return "did not end in time: nothing more came from it";
    case MIGTASK_POSIX_FILE_CANCELLED:
        return "was not read: interrupted";
    default:
        return error_text(error);
    }
}
