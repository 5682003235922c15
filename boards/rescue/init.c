/*
 * init - the first process of the rescue image: drivers, network, one run of migtask, the end.
 *
 * The kernel hands over what stands on its command line: the words after "--" as arguments, which
 * become migtask's, and NAME=VALUE words that it does not know itself as the environment. So
 * nothing has to be mounted to learn them, and nothing is.
 */
#define _GNU_SOURCE 1

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bring_up.h"

#define COMMAND "/migtask"
#define TOKEN_FILE "/token"
#define MODULES "/modules"
#define MAX_ARGUMENTS 40 /* the kernel hands over 32 at most */

/* Exit statuses of the command that we give in its place. */
enum { INVALID = 2, NOT_SENT = 3, UNKNOWN = 4 };

static volatile pid_t child;

/* Loads the drivers, in the order of their names. One that fails is told and does not end it: the
 * machine may have other hardware, or the kernel has it built in. */
static void load_modules(void)
{
    struct dirent **files;
    int count = scandir(MODULES, &files, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = files[i]->d_name;
        char path[sizeof MODULES + sizeof files[i]->d_name];
        if (strstr(name, ".ko") == NULL) {
            continue;
        }
        (void)snprintf(path, sizeof path, MODULES "/%s", name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST)) {
            (void)printf("rescue: module %s: %s\n", name, strerror(errno));
        }
        (void)close(fd);
    }
    /* Neither the list nor the names are freed: there is no second round. */
}

/* The outside world ends the call: Ctrl-Alt-Del, or whoever runs us in a container. */
static void pass_on(int number)
{
    (void)number;
    if (child > 0) {
        (void)kill(child, SIGTERM);
    }
}

/* In the child: becomes the command, with the console as its terminal, so that Ctrl-C reaches it.
 */
static void become_command(char *const *arguments)
{
    static char *given[MAX_ARGUMENTS] = {COMMAND};
    size_t count = 1;
    if (access(TOKEN_FILE, F_OK) == 0) { /* an option further on wins */
        given[count++] = "--token-file";
        given[count++] = TOKEN_FILE;
    }
    for (; *arguments != NULL && count < MAX_ARGUMENTS - 1; arguments++) {
        given[count++] = *arguments;
    }
    (void)setsid();
    (void)ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    (void)execv(COMMAND, given);
    (void)printf("rescue: " COMMAND " does not start: %s\n", strerror(errno));
    (void)fflush(stdout);
    _exit(NOT_SENT);
}

/* Runs the command; returns its exit status. */
static int run_command(char *const *arguments)
{
    int status = 0;
    struct sigaction action = {.sa_handler = pass_on};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)reboot(RB_DISABLE_CAD); /* until here the kernel's own way is safe: nothing was sent */
    /* A machine that dies without this line has not sent anything; see run.sh. */
    (void)printf("rescue: the command starts\n");
    (void)fflush(stdout);
    (void)tcdrain(STDOUT_FILENO);
    child = fork();
    if (child == 0) {
        become_command(arguments);
    }
    if (child < 0) {
        (void)printf("rescue: no process for the command: %s\n", strerror(errno));
        return NOT_SENT;
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return UNKNOWN;
        }
    }
    if (WIFSIGNALED(status)) {
        (void)printf("rescue: the command died by signal %d: the action may have been carried "
                     "out\n",
                     WTERMSIG(status));
        return UNKNOWN;
    }
    return WEXITSTATUS(status);
}

/* A token there is in the kernel's log and in /proc/cmdline of whatever is booted. */
static bool token_on_command_line(void)
{
    return getenv("MIGTASK_TOKEN") != NULL || getenv("HW_AUTH_TOKEN") != NULL;
}

/* What the word then=... asks for: poweroff (also without it), reboot, or halt, which leaves the
 * result on the screen. */
static void end(void)
{
    const char *then = getenv("then");
    int how = RB_POWER_OFF;
    if (then != NULL && strcmp(then, "reboot") == 0) {
        how = RB_AUTOBOOT;
    } else if (then != NULL && strcmp(then, "halt") == 0) {
        how = (int)RB_HALT_SYSTEM;
    }
    (void)tcdrain(STDOUT_FILENO); /* a serial line is slow */
    (void)reboot(how);
    for (;;) { /* the first process must not end */
        (void)pause();
    }
}

int main(int argc, char *argv[])
{
    int status = INVALID;
    if (getpid() != 1) { /* else this would switch off the machine of whoever tries it out */
        (void)fprintf(stderr, "rescue: this is the first process of a machine of its own\n");
        return INVALID;
    }
    if (token_on_command_line()) {
        (void)printf("rescue: a token must not stand on the kernel's command line, where every "
                     "program and the log can\n  read it: put it into the file " TOKEN_FILE
                     " of a second archive. Nothing was attempted.\n");
    } else {
        load_modules();
        network_up(getenv("ip"));
        status = run_command(argc > 0 ? argv + 1 : argv);
    }
    /* Whoever runs the machine reads this line; see run.sh. */
    (void)printf("rescue: exit status %d\n", status);
    (void)fflush(stdout);
    end();
}
