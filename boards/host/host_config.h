/* host_config.h - what a build of the command may leave out. Set as core/migtask_config.h says. */
#ifndef MIGTASK_HOST_CONFIG_H
#define MIGTASK_HOST_CONFIG_H

#include "migtask_config.h"

/* What the documentation says about every error code: for `migtask explain` and the advice behind a
 * refusal. 13 KB of the program. RAM: none. */
#ifndef MIGTASK_HOST_ERROR_TEXTS
#define MIGTASK_HOST_ERROR_TEXTS 1
#endif

#endif
