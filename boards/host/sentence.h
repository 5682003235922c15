/* sentence.h - what happened and why, in one sentence for people: on a terminal, in a log, in the
 * member `message` of --json. */
#ifndef MIGTASK_HOST_SENTENCE_H
#define MIGTASK_HOST_SENTENCE_H

#include "attempts.h"

/* All are safe to show as they are (migtask_report_text()), and in static memory until the next
 * call of any of them. */

/* Of the task that the options are about. */
migtask_view sentence_of(const struct options *options, const struct finding *finding);

/* Of what is wrong with the arguments, of which echo.h lets through what is repeated; between: what
 * stands before the hint. */
migtask_view sentence_of_complaint(const struct options *options, const struct complaint *complaint,
                                   const char *between);

/* A text of the service, or so much of it as a person will read. */
migtask_view sentence_of_service(migtask_view text);

#endif
