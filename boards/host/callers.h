/* callers.h - answers that refuse whoever asks. */
#ifndef MIGTASK_HOST_CALLERS_H
#define MIGTASK_HOST_CALLERS_H

#include "migtask.h"

/* Whether this error code refuses the token or the account, so that neither the same request nor
 * that of another task is worth sending: five refused tokens lock the account's key. */
bool callers_refused(migtask_view code);

#endif
