/* advice.h - what to do about a known error code. */
#ifndef MIGTASK_HOST_ADVICE_H
#define MIGTASK_HOST_ADVICE_H

#include "migtask.h"

/* The advice for a code of the service ("SMS.7713") or the gateway ("APIGW.0308", "APIG.0308") that
 * came with this HTTP status, preferably; none if the code is not known. Static memory, until the
 * next call. */
migtask_view advice_for(migtask_view error_code, unsigned http_status);

#endif
