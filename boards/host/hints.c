#define _POSIX_C_SOURCE 200809L

#include "hints.h"

#include <errno.h>
#include <unistd.h>

#include "migtask_posix.h"
#include "roots.h"

/* 2026-11-01 00:00 UTC. A clock that says less is wrong, whatever the certificate says: this was
 * written later. It only changes a sentence; a certificate's dates are checked all the same. */
#define WRITTEN INT64_C(1793491200)

static void put_clock(struct terminal *t)
{
    int64_t now = migtask_posix_epoch_s(NULL);
    terminal_put(t, now < WRITTEN ? "  The clock is wrong: this program was written later. Set"
                                  : "  If the clock is wrong, set");
    terminal_put(t, " it, as root, to the time in UTC:\n"
                    "    date -u -s 'YYYY-MM-DD hh:mm'\n");
}

static void put_name_server(struct terminal *t)
{
    static const char file[] = "/etc/resolv.conf";
    if (access(file, F_OK) != 0 && errno == ENOENT) {
        terminal_put(t, "  There is no /etc/resolv.conf here, so no name server is known. Write\n"
                        "  \"nameserver ADDRESS\" into it, or go without: --connect-to ADDRESS\n");
    } else {
        terminal_put(t, "  To go without a name server, give the service's address: "
                        "--connect-to ADDRESS\n");
    }
}

void hints_put(struct terminal *t, const struct finding *finding)
{
    switch (finding->trouble) {
    case TROUBLE_CLOCK:
        put_clock(t);
        break;
    case TROUBLE_NAME:
        put_name_server(t);
        break;
    default:
        if (finding->reason == MIGTASK_CERTIFICATE_REJECTED) {
            terminal_put(t, "  Trusted roots: ");
            terminal_put(t, roots_file());
            terminal_put(t, " (--ca-file FILE names others)\n");
        }
        break;
    }
}
