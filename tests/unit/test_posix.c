/*
 * port/posix where the system fails: system calls and getaddrinfo() go through the functions here
 * (-Wl,--wrap), which fail where a test says so. What no test of the command can bring about.
 */
#define _GNU_SOURCE 1
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "migtask_posix.h"
#include "text.h"
#include "waiting.h"

/* ---- The system ---- */

/* The calls of this name fail with this error: the next `times` of them behind the first `skip`. An
 * error of 0: the call says 0. */
typedef struct fault {
    const char *call;
    int error, times, skip;
} fault;

static fault faults[2];

static void set_fault(const char *call, int error, int times, int skip)
{
    faults[0] = (fault){call, error, times, skip};
    faults[1].call = NULL;
}

static void add_fault(const char *call, int error, int times, int skip)
{
    faults[1] = (fault){call, error, times, skip};
}

static void no_fault(void)
{
    faults[0].call = faults[1].call = NULL;
}

/* Whether this call fails now, and what it then returns. */
static bool fails(const char *call, int *result)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        fault *it = &faults[i];
        if (it->call != NULL && strcmp(call, it->call) == 0 && it->skip-- <= 0 && it->times-- > 0) {
            errno = it->error;
            *result = it->error == 0 ? 0 : -1;
            return true;
        }
    }
    return false;
}

#define WRAP(type, name, parameters, arguments)                                                    \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        int result;                                                                                \
        return fails(#name, &result) ? (type)result : __real_##name arguments;                     \
    }

/* What glibc calls fstat() and pread() of file.c, which asks for offsets of 64 bits. */
WRAP(int, fstat64, (int fd, struct stat *about), (fd, about))
WRAP(ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len))
WRAP(ssize_t, pread64, (int fd, void *buf, size_t len, off_t at), (fd, buf, len, at))
WRAP(int, poll, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms))
WRAP(ssize_t, getrandom, (void *buf, size_t len, unsigned flags), (buf, len, flags))
WRAP(int, madvise, (void *at, size_t len, int advice), (at, len, advice))
WRAP(int, clock_gettime, (clockid_t id, struct timespec *now), (id, now))
WRAP(int, pipe2, (int ends[2], int flags), (ends, flags))
WRAP(pid_t, fork, (void), ())
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len),
     (fd, level, name, value, len))
WRAP(ssize_t, send, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags))
WRAP(ssize_t, recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags))

static char folder[] = "/tmp/migtask-posix-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    int result;
    return fails("open", &result) ? result : __real_open(path, flags, 0666); /* clang's runtime */
}

/* What glibc calls openat() of file.c. The table of this machine is a file of ours. */
int __real_openat64(int folder_fd, const char *path, int flags, ...);
int __wrap_openat64(int folder_fd, const char *path, int flags, ...);
int __wrap_openat64(int folder_fd, const char *path, int flags, ...)
{
    int result;
    if (strcmp(path, "/etc/hosts") == 0) {
        path = path_of("hosts");
    }
    return fails("openat64", &result) ? result : __real_openat64(folder_fd, path, flags);
}

/* Of clang's runtime, where it counts what is run: the child that resolves ends by _exit(). */
int __llvm_profile_write_file(void) __attribute__((weak));
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status)
{
    if (__llvm_profile_write_file != NULL) {
        (void)__llvm_profile_write_file();
    }
    __real__exit(status);
}

/* ---- Names: what getaddrinfo() says ---- */

static struct {
    int error;
    const char *addresses[40]; /* "-" is one of a family that nobody asked for */
} names;

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    static struct addrinfo found[40];
    static struct sockaddr_in6 six[40];
    static struct sockaddr_in four[40];
    struct addrinfo **end = list;
    (void)name;
    (void)service;
    for (size_t i = 0; i < COUNT_OF(found) && names.addresses[i] != NULL; i++) {
        if (inet_pton(AF_INET, names.addresses[i], &four[i].sin_addr) == 1) {
            four[i].sin_family = AF_INET;
            found[i].ai_addr = (struct sockaddr *)&four[i];
            found[i].ai_family = AF_INET;
        } else if (inet_pton(AF_INET6, names.addresses[i], &six[i].sin6_addr) == 1) {
            six[i].sin6_family = AF_INET6;
            six[i].sin6_scope_id = names.addresses[i][0] == 'f' ? 3 : 0;
            found[i].ai_addr = (struct sockaddr *)&six[i];
            found[i].ai_family = AF_INET6;
        } else {
            found[i].ai_family = AF_UNIX;
        }
        if (found[i].ai_family == hints->ai_family || found[i].ai_family == AF_UNIX) {
            *end = &found[i];
            end = &found[i].ai_next;
        }
    }
    return names.error != 0 ? names.error : end == list ? EAI_NODATA : 0;
}

unsigned __wrap_if_nametoindex(const char *name);
unsigned __wrap_if_nametoindex(const char *name)
{
    return strcmp(name, "eth7") == 0 ? 7 : 0;
}

/* ---- Files ---- */

static const char *make_file(const char *name, const char *content)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
    return path_of(name);
}

static void expect_text(const char *path, const char *words)
{
    const migtask_posix_patience patience = {.start_ms = migtask_posix_now_ms(NULL),
                                             .timeout_ms = 5000};
    char buf[64];
    size_t got = 9;
    context("%.60s", path);
    migtask_posix_file_status status =
        migtask_posix_file_read(path, buf, sizeof buf, &got, &patience);
    const char *text = migtask_posix_file_text(status, errno);
    CHECK(status != MIGTASK_POSIX_FILE_OK && got == 0);
    CHECK(strstr(text, words) != NULL);
    for (size_t i = 0; i < sizeof buf; i++) {
        CHECK(buf[i] == 0);
    }
    no_fault();
}

static void test_files_that_cannot_be_opened(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_text("/dev/null/file", "not a directory");
    expect_text(path_of(name), "name is too long");
    assert_int_equal(symlink(path_of("loop"), path_of("loop")), 0);
    expect_text(path_of("loop"), "symbolic links");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = path_of("socket");
    assert_true(strlen(path) < sizeof to.sun_path);
    memcpy(to.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof to), 0);
    expect_text(path_of("socket"), "nothing stands behind it");
    close(fd);
    expect_text(folder, "is a directory");
    static const struct {
        int error;
        const char *words;
    } rows[] = {{EACCES, "this user"},      {EPERM, "this user"}, {EMFILE, "too many files"},
                {ENFILE, "too many files"}, {EBADF, "not open"},  {ENODEV, "absent"},
                {EIO, "disk or network"},   {ENOMEM, "be read"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK(strstr(migtask_posix_file_text(MIGTASK_POSIX_FILE_NOT_OPENED, rows[i].error),
                     rows[i].words) != NULL);
    }
    static const migtask_posix_file_status others[] = {
        MIGTASK_POSIX_FILE_OK,      MIGTASK_POSIX_FILE_NOT_REGULAR, MIGTASK_POSIX_FILE_TOO_LARGE,
        MIGTASK_POSIX_FILE_TIMEOUT, MIGTASK_POSIX_FILE_CANCELLED,   MIGTASK_POSIX_FILE_WRONG_KIND};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        CHECK(strstr(migtask_posix_file_text(others[i], EIO), "disk or network") == NULL);
    }
    end_of_cases();
}

static void test_files_that_fail(void **state)
{
    const migtask_posix_patience patience = {.start_ms = migtask_posix_now_ms(NULL),
                                             .timeout_ms = 5000};
    static const int passing[] = {EINTR, EAGAIN, EWOULDBLOCK};
    (void)state;
    char buf[64];
    size_t got;
    const char *path = make_file("good", "token\n");
    set_fault("fstat64", EIO, 1, 0);
    expect_text(path, "disk or network");
    set_fault("read", EIO, 1, 0);
    expect_text(path, "disk or network");
    set_fault("read", EIO, 1, 1);
    expect_text(path, "disk or network");
    for (size_t i = 0; i < COUNT_OF(passing); i++) {
        set_fault("read", passing[i], 1, 0);
        CHECK(migtask_posix_file_read(path, buf, sizeof buf, &got, &patience) ==
              MIGTASK_POSIX_FILE_OK);
        CHECK(got == 6 && memcmp(buf, "token\n", 6) == 0);
    }
    CHECK(migtask_posix_file_read(path, buf, 5, &got, &patience) == MIGTASK_POSIX_FILE_TOO_LARGE);
    CHECK(migtask_posix_file_read(path, buf, 6, &got, &patience) == MIGTASK_POSIX_FILE_OK);
    set_fault("poll", EINTR, 1, 0);
    CHECK(migtask_posix_file_read("/dev/null", buf, 6, &got, &patience) == MIGTASK_POSIX_FILE_OK);
    set_fault("poll", EINVAL, 1, 0);
    expect_text("/dev/null", "cannot be read");
    end_of_cases();
}

static void test_reader_that_fails(void **state)
{
    (void)state;
    migtask_posix_reader reader;
    char buf[4];
    size_t got = 9;
    const char *path = make_file("good", "token\n");
    set_fault("fstat64", EIO, 1, 0);
    CHECK(migtask_posix_reader_open(&reader, path) == MIGTASK_POSIX_FILE_NOT_OPENED);
    CHECK(errno == EIO && reader.fd == -1);
    CHECK(migtask_posix_reader_open(&reader, "/dev/null") == MIGTASK_POSIX_FILE_NOT_REGULAR);
    assert_int_equal(migtask_posix_reader_open(&reader, path), MIGTASK_POSIX_FILE_OK);
    set_fault("pread64", EINTR, 2, 0);
    CHECK(migtask_posix_reader_read(&reader, buf, sizeof buf, &got) == 0 && got == 4);
    set_fault("pread64", EIO, 1, 0);
    CHECK(migtask_posix_reader_read(&reader, buf, sizeof buf, &got) == -1 && got == 0);
    CHECK(reader.error == EIO);
    CHECK(migtask_posix_reader_read(&reader, buf, sizeof buf, &got) == 0 && got == 2);
    CHECK(reader.error == 0);
    CHECK(migtask_posix_reader_read(&reader, buf, sizeof buf, &got) == 0 && got == 0);
    CHECK(migtask_posix_reader_rewind(&reader));
    CHECK(migtask_posix_reader_read(&reader, buf, sizeof buf, &got) == 0 && got == 4);
    migtask_posix_reader_close(&reader);
    migtask_posix_reader_close(&reader);
    end_of_cases();
}

/* ---- Randomness ---- */

static bool is_filled(const uint8_t *bytes, size_t len)
{
    size_t zeros = 0;
    for (size_t i = 0; i < len; i++) {
        zeros += bytes[i] == 0;
    }
    return zeros < len / 2;
}

/* In a child, where the pool is new again. */
static void in_child(bool (*test)(void))
{
    int status;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        _exit(test() ? 0 : 1);
    }
    assert_int_equal(waitpid(process, &status, 0), process);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool without_a_kernel_call(void)
{
    uint8_t bytes[200] = {0};
    set_fault("getrandom", ENOSYS, 100, 0);
    bool good = migtask_posix_random(NULL, bytes, 32) == 0 && is_filled(bytes, 32) &&
                migtask_posix_random(NULL, bytes, sizeof bytes) == 0 && is_filled(bytes, 200);
    set_fault("getrandom", EIO, 1, 0);
    return good && migtask_posix_random(NULL, bytes, sizeof bytes) == -1;
}

static bool without_a_pool(void)
{
    uint8_t bytes[64] = {0};
    set_fault("madvise", EINVAL, 1, 0);
    bool good = migtask_posix_random(NULL, bytes, 32) == 0 && is_filled(bytes, 32);
    set_fault("getrandom", EIO, 1, 0); /* each asks the kernel now */
    return good && migtask_posix_random(NULL, bytes, 32) == -1;
}

static bool pool_not_filled(void)
{
    uint8_t bytes[64];
    set_fault("getrandom", EINTR, 1, 0);
    bool good = migtask_posix_random(NULL, bytes, 32) == -1;
    int again = migtask_posix_random(NULL, bytes, 32);
    return good && again == 0 && is_filled(bytes, 32);
}

static bool without_a_device(void)
{
    uint8_t bytes[200];
    set_fault("getrandom", ENOSYS, 9, 0);
    add_fault("open", ENOENT, 1, 0);
    bool good = migtask_posix_random(NULL, bytes, sizeof bytes) == -1;
    add_fault("read", EIO, 1, 0);
    good = good && migtask_posix_random(NULL, bytes, sizeof bytes) == -1;
    add_fault("read", 0, 1, 0);
    good = good && migtask_posix_random(NULL, bytes, sizeof bytes) == -1;
    return good && migtask_posix_random(NULL, bytes, sizeof bytes) == 0 && is_filled(bytes, 200);
}

static void test_randomness(void **state)
{
    (void)state;
    in_child(without_a_kernel_call);
    in_child(without_a_pool);
    in_child(pool_not_filled);
    in_child(without_a_device);
    end_of_cases();
}

/* ---- Time ---- */

static void test_clocks(void **state)
{
    (void)state;
    CHECK(migtask_posix_epoch_s(NULL) > 1700000000);
    set_fault("clock_gettime", EINVAL, 1, 0);
    CHECK(migtask_posix_epoch_s(NULL) == MIGTASK_NO_DATE);
    no_fault();
    struct pollfd watched = {.fd = -1};
    sigset_t mask;
    sigemptyset(&mask);
    CHECK(migtask_posix_wait(&watched, 0, 1, NULL) == 0);
    CHECK(migtask_posix_wait(&watched, 0, 1, &mask) == 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    watched = (struct pollfd){.fd = ends[1], .events = POLLOUT};
    CHECK(migtask_posix_wait(&watched, 1, UINT32_MAX, NULL) == 1); /* 49 days: does not wrap */
    CHECK(migtask_posix_wait(&watched, 1, UINT32_MAX, &mask) == 1);
    close(ends[0]);
    close(ends[1]);
    end_of_cases();
}

/* ---- Addresses in words ---- */

/* The C library writes the same, for every pattern of zero groups. (It writes addresses that hold
 * one of IPv4 otherwise.) */
static void test_addresses(void **state)
{
    (void)state;
    for (unsigned pattern = 0; pattern < 256; pattern++) {
        migtask_posix_address address = {.len = 16};
        char mine[64], theirs[INET6_ADDRSTRLEN], expected[80];
        for (unsigned i = 0; i < 8; i++) {
            address.bytes[2 * i] = (pattern >> i & 1) != 0 ? (uint8_t)(i * 31) : 0;
            address.bytes[2 * i + 1] = (pattern >> i & 1) != 0 ? (uint8_t)(i + 1) : 0;
        }
        address.scope = pattern % 3 == 0 ? pattern : 0;
        migtask_posix_text text = migtask_posix_text_begin(mine, sizeof mine);
        migtask_posix_text_peer(&text, &address, 443);
        assert_non_null(inet_ntop(AF_INET6, address.bytes, theirs, sizeof theirs));
        if (strchr(theirs, '.') != NULL) {
            continue;
        }
        snprintf(expected, sizeof expected,
                 address.scope != 0 ? "[%s%%%u] port 443" : "[%s] port 443", theirs, address.scope);
        context("%s, not %s", mine, expected);
        CHECK(strcmp(mine, expected) == 0);
    }
    char small[8];
    migtask_posix_text text = migtask_posix_text_begin(small, sizeof small);
    migtask_posix_text_number(&text, 123456789);
    migtask_posix_text_add(&text, "x");
    CHECK(strcmp(small, "1234567") == 0);
    end_of_cases();
}

/* ---- Names ---- */

/* All that is found, in the order in which it came. */
static struct {
    migtask_posix_address found[2 * MIGTASK_POSIX_ADDRESSES];
    size_t count;
} all;

static migtask_posix_resolve_status resolve(void)
{
    migtask_posix_resolver resolver = {0};
    migtask_posix_address found[MIGTASK_POSIX_ADDRESSES];
    migtask_posix_resolve_status status;
    uint8_t count;
    all.count = 0;
    status = migtask_posix_resolve_start(&resolver, VIEW("host.test."), found, &count);
    for (;; status = migtask_posix_resolve_poll(&resolver, found, &count)) {
        assert_true(all.count + count <= COUNT_OF(all.found));
        memcpy(&all.found[all.count], found, count * sizeof *found);
        all.count += count;
        if (status != MIGTASK_POSIX_RESOLVING) {
            break;
        }
        struct pollfd watched = {.fd = migtask_posix_resolve_fd(&resolver), .events = POLLIN};
        CHECK(watched.fd >= 0);
        (void)poll(&watched, 1, 1000);
    }
    CHECK(migtask_posix_resolve_fd(&resolver) == -1);
    CHECK(migtask_posix_resolve_poll(&resolver, found, &count) == MIGTASK_POSIX_RESOLVER_FAILED);
    CHECK(count == 0);
    migtask_posix_resolve_stop(&resolver);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD); /* no child is left */
    return status;
}

static void test_answers_of_the_resolver(void **state)
{
    static const struct {
        int error;
        migtask_posix_resolve_status status;
    } rows[] = {
        {EAI_AGAIN, MIGTASK_POSIX_NO_ANSWER},        {EAI_FAIL, MIGTASK_POSIX_NO_ANSWER},
        {EAI_SYSTEM, MIGTASK_POSIX_RESOLVER_FAILED}, {EAI_MEMORY, MIGTASK_POSIX_RESOLVER_FAILED},
        {EAI_NONAME, MIGTASK_POSIX_NAME_UNKNOWN},    {EAI_NODATA, MIGTASK_POSIX_NO_ADDRESS}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        memset(&names, 0, sizeof names);
        names.error = rows[i].error;
        context("getaddrinfo() says %d", rows[i].error);
        CHECK(resolve() == rows[i].status && all.count == 0);
    }
    memset(&names, 0, sizeof names);
    names.addresses[0] = "-";
    CHECK(resolve() == MIGTASK_POSIX_NO_ADDRESS && all.count == 0);
    end_of_cases();
}

/* Who stands in the table of this machine is not asked for elsewhere. */
static void test_table_of_the_machine(void **state)
{
    static const struct {
        const char *table;
        size_t six, four; /* addresses; none at all: name servers are asked, who say 192.0.2.1 */
    } rows[] = {
        {"127.0.0.2 host.test\n", 0, 1},
        {"127.0.0.2 host.test", 0, 1},
        {"\n\n# 127.0.0.2 host.test\n::2\tother \t HOST.Test\r\n", 1, 0},
        {"127.0.0.2 host.test#x\n::2 a host.test # 127.0.0.3 host.test\n127.0.0.3 host.test\n", 1,
         2},
        {" 127.0.0.2 host.test\n", 0, 1},
        {"127.0.0.2 xhost.test host.testx\n127.0.0.2 # host.test\n127.0.0.2\nhost.test\n", 0, 0},
        {"127.0.0.256 host.test\nfe80::1%eth0 host.test\nhost.test host.test\n#", 0, 0},
        {"", 0, 0},
    };
    (void)state;
    memset(&names, 0, sizeof names);
    names.addresses[0] = "192.0.2.1";
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        context("table %zu", i);
        make_file("hosts", rows[i].table);
        bool here = rows[i].six + rows[i].four > 0;
        CHECK(resolve() == MIGTASK_POSIX_RESOLVED);
        CHECK(all.count == (here ? rows[i].six + rows[i].four : 1));
        for (size_t k = 0; k < all.count; k++) {
            CHECK(all.found[k].len == (k < rows[i].six ? 16 : 4));
            CHECK((all.found[k].bytes[0] == 192) == !here);
        }
    }
    context("long lines, long words, many lines");
    static char text[40000];
    memset(text, 'x', sizeof text);
    memcpy(text, "127.0.0.2 ", 10);
    for (size_t i = 300; i < sizeof text - 100; i += 300) {
        text[i] = ' ';
    }
    strcpy(text + sizeof text - 30, " host.test\n127.0.0.3 x\n");
    make_file("hosts", text);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVED && all.count == 1 && all.found[0].bytes[3] == 2);
    text[0] = '\0';
    for (size_t i = 0; i < 2 * MIGTASK_POSIX_ADDRESSES; i++) {
        strcat(text, i % 2 == 0 ? "127.0.0.2 host.test\n" : "::2 host.test\n");
    }
    make_file("hosts", text);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVED && all.count == MIGTASK_POSIX_ADDRESSES);
    CHECK(all.found[0].len == 16 && all.found[MIGTASK_POSIX_ADDRESSES - 1].len == 4);
    context("it cannot be read");
    set_fault("pread64", EIO, 1, 0);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVED && all.count == 1 && all.found[0].bytes[0] == 192);
    set_fault("openat64", EACCES, 1, 0);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVED && all.count == 1 && all.found[0].bytes[0] == 192);
    no_fault();
    unlink(path_of("hosts"));
    end_of_cases();
}

static void test_resolver_that_fails(void **state)
{
    (void)state;
    migtask_posix_resolver resolver = {0};
    uint8_t count;
    char name[300];
    memset(name, 'n', sizeof name);
    memset(&names, 0, sizeof names);
    names.addresses[0] = "192.0.2.1";
    set_fault("pipe2", EMFILE, 1, 0);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVER_FAILED);
    set_fault("fork", EAGAIN, 2, 0);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVER_FAILED);
    no_fault();
    CHECK(migtask_posix_resolve_start(&resolver, NONE, all.found, &count) ==
          MIGTASK_POSIX_NAME_UNKNOWN);
    CHECK(migtask_posix_resolve_start(&resolver, (migtask_view){name, 255}, all.found, &count) ==
          MIGTASK_POSIX_NAME_UNKNOWN);
    CHECK(migtask_posix_resolve_fd(&resolver) == -1);
    context("one process instead of two");
    set_fault("fork", EAGAIN, 1, 0);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVED && all.count == 1);
    set_fault("fork", EAGAIN, 1, 1);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVER_FAILED && all.count == 0);
    context("read() fails");
    set_fault("read", EINTR, 1, 0);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVED && all.count == 1);
    set_fault("read", EIO, 1, 0);
    CHECK(resolve() == MIGTASK_POSIX_RESOLVER_FAILED);
    set_fault("read", 0, 1, 0); /* the children have died */
    CHECK(resolve() == MIGTASK_POSIX_RESOLVER_FAILED);
    no_fault();
    context("stopped");
    assert_int_equal(
        migtask_posix_resolve_start(&resolver, (migtask_view){name, 254}, all.found, &count),
        MIGTASK_POSIX_RESOLVING);
    migtask_posix_resolve_stop(&resolver);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    assert_int_equal(migtask_posix_resolve_start(&resolver, VIEW("host"), all.found, &count),
                     MIGTASK_POSIX_RESOLVING);
    while (waitpid(-1, NULL, 0) > 0) { /* somebody else reaps all children */
    }
    migtask_posix_resolve_stop(&resolver);
    CHECK(migtask_posix_resolve_fd(&resolver) == -1);
    end_of_cases();
}

/* ---- Connections ---- */

static int listeners[3]; /* on 127.0.0.1, 127.0.0.2 and 127.0.0.3, of one port; they never wait */
static uint16_t port;

static migtask_endpoint endpoint_of(const char *host, uint16_t number)
{
    migtask_endpoint endpoint;
    assert_true(migtask_authority_parse(migtask_text(host), number, &endpoint));
    return endpoint;
}

/* Opens a stream to the listener (or another port); what came of it. */
static migtask_io open_stream(migtask_posix_tcp *tcp, const migtask_endpoint *where)
{
    migtask_posix_tcp_init(tcp, where);
    migtask_stream stream = migtask_posix_tcp_stream(tcp);
    migtask_io io;
    for (unsigned i = 0; i < 100; i++) {
        io = stream.ops->connect(stream.ctx);
        if (io != MIGTASK_IO_WOULD_BLOCK) {
            break;
        }
        migtask_posix_tcp_wait(tcp, 100);
    }
    no_fault();
    return io;
}

static void expect_failure(migtask_posix_tcp *tcp, migtask_reason reason, const char *words)
{
    migtask_stream stream = migtask_posix_tcp_stream(tcp);
    const char *sentence = NULL;
    CHECK(stream.ops->failure(stream.ctx, &sentence) == reason);
    CHECK(sentence != NULL && strstr(sentence, words) != NULL);
    CHECK(sentence == NULL || strlen(sentence) < MIGTASK_POSIX_SENTENCE_MAX);
    stream.ops->close(stream.ctx);
    stream.ops->close(stream.ctx);
}

static void test_connections_that_fail(void **state)
{
    static const struct {
        const char *call;
        int error;
        const char *words;
    } rows[] = {{"socket", EMFILE, "127.0.0.1"},        {"socket", EAFNOSUPPORT, "127.0.0.1"},
                {"connect", ENETUNREACH, "127.0.0.1"},  {"connect", EACCES, "127.0.0.1"},
                {"connect", ENOBUFS, "network memory"}, {"connect", EPROTO, "system error 71"}};
    (void)state;
    migtask_posix_tcp tcp;
    migtask_endpoint here = endpoint_of("127.0.0.1", port);
    const char *sentence = "";
    migtask_posix_tcp_init(&tcp, &here);
    migtask_stream stream = migtask_posix_tcp_stream(&tcp);
    (void)stream.ops->failure(stream.ctx, &sentence);
    CHECK(sentence == NULL && stream.ops->retained(stream.ctx) == MIGTASK_RETAINED_NONE);
    CHECK(migtask_posix_tcp_phase_of(&tcp) == MIGTASK_POSIX_TCP_CLOSED);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        context("%s() fails with %d", rows[i].call, rows[i].error);
        set_fault(rows[i].call, rows[i].error, 1, 0);
        CHECK(open_stream(&tcp, &here) == MIGTASK_IO_FAILED);
        expect_failure(&tcp, MIGTASK_CONNECT_FAILED, rows[i].words);
    }
    context("a signal");
    set_fault("poll", EINTR, 1, 0);
    CHECK(open_stream(&tcp, &here) == MIGTASK_IO_OK);
    stream.ops->close(stream.ctx);
    context("two addresses, nobody there");
    memset(&names, 0, sizeof names);
    names.addresses[0] = "127.0.0.1";
    names.addresses[1] = "127.0.0.2";
    migtask_endpoint nobody = endpoint_of("host.test", 1);
    CHECK(open_stream(&tcp, &nobody) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_CONNECT_FAILED, "(2 addresses were tried)");
    context("why is not to be had");
    nobody = endpoint_of("127.0.0.1", 1);
    set_fault("getsockopt", ENOMEM, 1, 0);
    CHECK(open_stream(&tcp, &nobody) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_CONNECT_FAILED, "out of memory");
    context("the second of two");
    names.addresses[0] = "127.0.0.2";
    names.addresses[1] = "127.0.0.1";
    migtask_endpoint second = endpoint_of("host.test", port);
    set_fault("connect", ENETUNREACH, 1, 0);
    CHECK(open_stream(&tcp, &second) == MIGTASK_IO_OK);
    CHECK(strstr(migtask_posix_tcp_peer(&tcp), "127.0.0.1 port") != NULL);
    stream.ops->close(stream.ctx);
    end_of_cases();
}

static void test_names_that_fail(void **state)
{
    (void)state;
    migtask_posix_tcp tcp;
    char name[201];
    for (size_t i = 0; i < sizeof name; i++) {
        name[i] = i % 50 == 49 ? '.' : 'n';
    }
    name[sizeof name - 1] = '\0';
    migtask_endpoint where = endpoint_of(name, 443);
    memset(&names, 0, sizeof names);
    context("no process");
    set_fault("fork", EAGAIN, 2, 0);
    CHECK(open_stream(&tcp, &where) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_RESOLVE_FAILED, "could not look up");
    context("no answer");
    names.error = EAI_AGAIN;
    CHECK(open_stream(&tcp, &where) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_RESOLVE_FAILED, "...");
    context("no such name");
    names.error = EAI_NONAME;
    CHECK(open_stream(&tcp, &where) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_RESOLVE_FAILED, "nnn");
    end_of_cases();
}

/* Opens and closes a stream: the last byte of the address that it got connected to. The other end
 * says a word if it shall. */
static int winner(migtask_posix_tcp *tcp, bool speaks)
{
    migtask_stream stream = migtask_posix_tcp_stream(tcp);
    migtask_io io = MIGTASK_IO_WOULD_BLOCK;
    size_t count;
    char byte;
    for (size_t i = 0; i < COUNT_OF(listeners); i++) { /* the earlier ones */
        for (int old; (old = accept(listeners[i], NULL, NULL)) >= 0;) {
            close(old);
        }
    }
    for (unsigned i = 0; i < 100 && io == MIGTASK_IO_WOULD_BLOCK; i++) {
        migtask_posix_tcp_wait(tcp, 100);
        io = stream.ops->connect(stream.ctx);
    }
    assert_int_equal(io, MIGTASK_IO_OK);
    int last = tcp->addresses.list[tcp->at].bytes[3];
    if (speaks) {
        int peer = accept(listeners[last - 1], NULL, NULL);
        assert_int_equal(write(peer, "x", 1), 1);
        while (stream.ops->recv(stream.ctx, &byte, 1, &count) == MIGTASK_IO_WOULD_BLOCK) {
            migtask_posix_tcp_wait(tcp, 100);
        }
        CHECK(count == 1);
        close(peer);
    }
    stream.ops->close(stream.ctx);
    return last;
}

/* Families take turns, IPv6 first; each has half of the room if there is not enough. */
static void test_order_of_addresses(void **state)
{
    static const char *const list[] = {"fe80::1", "fe80::2", "-", "fe80::3", "127.0.0.1"};
    static const uint8_t expected[] = {1, 0, 2, 3}; /* the last byte of each IPv6 address */
    (void)state;
    migtask_posix_tcp tcp;
    migtask_endpoint where = endpoint_of("host.test", port);
    memset(&names, 0, sizeof names);
    memcpy(names.addresses, list, sizeof list);
    set_fault("connect", ENETUNREACH, 1, 0);
    CHECK(open_stream(&tcp, &where) == MIGTASK_IO_OK);
    CHECK(tcp.addresses.count == COUNT_OF(expected));
    for (size_t i = 0; i < tcp.addresses.count; i++) {
        CHECK(tcp.addresses.list[i].len == (expected[i] == 0 ? 4 : 16));
        CHECK(expected[i] == 0 ||
              (tcp.addresses.list[i].bytes[15] == expected[i] && tcp.addresses.list[i].scope == 3));
    }
    migtask_stream stream = migtask_posix_tcp_stream(&tcp);
    stream.ops->close(stream.ctx);
    for (size_t i = 0; i < COUNT_OF(names.addresses) - 1; i++) {
        names.addresses[i] = i % 2 == 0 ? "127.0.0.1" : "fe80::1";
    }
    set_fault("connect", ENETUNREACH, 1, 0);
    CHECK(open_stream(&tcp, &where) == MIGTASK_IO_OK);
    CHECK(tcp.addresses.count == MIGTASK_POSIX_ADDRESSES);
    for (size_t i = 0; i < tcp.addresses.count; i++) {
        CHECK(tcp.addresses.list[i].len == (i % 2 == 0 ? 16 : 4));
    }
    stream.ops->close(stream.ctx);
    end_of_cases();
}

/* Addresses that say nothing come last, the latest of them at the very end. */
static void test_silent_addresses(void **state)
{
    (void)state;
    migtask_posix_tcp tcp;
    migtask_endpoint where = endpoint_of("host.test", port);
    memset(&names, 0, sizeof names);
    names.addresses[0] = "127.0.0.1";
    names.addresses[1] = "127.0.0.2";
    names.addresses[2] = "127.0.0.3";
    migtask_posix_tcp_init(&tcp, &where);
    CHECK(winner(&tcp, false) == 1);
    CHECK(winner(&tcp, false) == 2);
    CHECK(winner(&tcp, true) == 3);
    CHECK(winner(&tcp, false) == 3);
    CHECK(winner(&tcp, false) == 1); /* all are silent: the one of the longest ago */
    CHECK(winner(&tcp, true) == 2);
    CHECK(winner(&tcp, false) == 2); /* it has said something since */
    end_of_cases();
}

/* The interface of a link-local address, by its name or number. */
static void test_zones(void **state)
{
    static const struct {
        const char *host;
        uint32_t scope; /* 0: there is no such interface */
    } rows[] = {{"[fe80::1%eth7]", 7},  {"[fe80::1%25eth7]", 7}, {"[fe80::1%12]", 12},
                {"[fe80::1%2512]", 12}, {"[fe80::1%25]", 25},    {"[fe80::1%eth8]", 0},
                {"[fe80::1%7up]", 0},   {"[fe80::1%0]", 0},      {"[fe80::1%a-name-too-long]", 0}};
    (void)state;
    migtask_posix_tcp tcp;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        migtask_endpoint where = endpoint_of(rows[i].host, 443);
        context("%s", rows[i].host);
        CHECK(where.host.len == strlen("fe80::1"));
        set_fault("connect", EINVAL, 1, 0);
        CHECK(open_stream(&tcp, &where) == MIGTASK_IO_FAILED);
        CHECK(tcp.addresses.list[0].scope == rows[i].scope);
        expect_failure(&tcp, MIGTASK_CONNECT_FAILED,
                       rows[i].scope == 0 ? "no network interface" : "has no route");
    }
    context("no zone");
    migtask_endpoint where = endpoint_of("[fe80::1]", 443);
    set_fault("connect", EINVAL, 1, 0);
    CHECK(open_stream(&tcp, &where) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_CONNECT_FAILED, "needs its interface");
    end_of_cases();
}

static void test_exchanges_that_fail(void **state)
{
    static const int passing[] = {EINTR, EAGAIN, EWOULDBLOCK};
    (void)state;
    migtask_posix_tcp tcp;
    migtask_endpoint here = endpoint_of("127.0.0.1", port);
    migtask_stream stream = migtask_posix_tcp_stream(&tcp);
    size_t count;
    char byte;
    assert_int_equal(open_stream(&tcp, &here), MIGTASK_IO_OK);
    for (size_t i = 0; i < COUNT_OF(passing); i++) {
        set_fault("send", passing[i], 1, 0);
        CHECK(stream.ops->send(stream.ctx, "x", 1, &count) == MIGTASK_IO_WOULD_BLOCK);
        set_fault("recv", passing[i], 1, 0);
        CHECK(stream.ops->recv(stream.ctx, &byte, 1, &count) == MIGTASK_IO_WOULD_BLOCK);
    }
    set_fault("send", ECONNRESET, 1, 0);
    CHECK(stream.ops->send(stream.ctx, "x", 1, &count) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_CONNECTION_LOST, "127.0.0.1");
    assert_int_equal(open_stream(&tcp, &here), MIGTASK_IO_OK);
    set_fault("recv", ETIMEDOUT, 1, 0);
    CHECK(stream.ops->recv(stream.ctx, &byte, 1, &count) == MIGTASK_IO_FAILED);
    expect_failure(&tcp, MIGTASK_CONNECTION_LOST, "127.0.0.1");
    end_of_cases();
}

/* ---- All of them ---- */

static int prepare(void **state)
{
    (void)state;
    struct sockaddr_in where = {.sin_family = AF_INET};
    socklen_t len = sizeof where;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    for (unsigned i = 0; i < COUNT_OF(listeners); i++) {
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
        listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (listeners[i] < 0 || bind(listeners[i], (struct sockaddr *)&where, len) != 0 ||
            listen(listeners[i], 64) != 0 ||
            getsockname(listeners[i], (struct sockaddr *)&where, &len) != 0) {
            return -1;
        }
    }
    port = ntohs(where.sin_port);
    return 0;
}

static int tidy_up(void **state)
{
    static const char *const files[] = {"good", "loop", "socket"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        unlink(path_of(files[i]));
    }
    for (size_t i = 0; i < COUNT_OF(listeners); i++) {
        close(listeners[i]);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_that_cannot_be_opened),
        cmocka_unit_test(test_files_that_fail),
        cmocka_unit_test(test_reader_that_fails),
        cmocka_unit_test(test_randomness),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_answers_of_the_resolver),
        cmocka_unit_test(test_table_of_the_machine),
        cmocka_unit_test(test_resolver_that_fails),
        cmocka_unit_test(test_connections_that_fail),
        cmocka_unit_test(test_names_that_fail),
        cmocka_unit_test(test_order_of_addresses),
        cmocka_unit_test(test_silent_addresses),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_exchanges_that_fail),
    };
    return cmocka_run_group_tests(tests, prepare, tidy_up);
}
