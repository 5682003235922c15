/*
 * request.h - the text of the request. Internal.
 */
#ifndef MIGTASK_REQUEST_H
#define MIGTASK_REQUEST_H

#include "migtask.h"
#include "writer.h"

/* Writes the whole HTTP/1.1 request (RFC 9112 section 3): head, token by reference, body. The
 * request has passed migtask_request_check(). */
void migtask_request_write(struct migtask_writer *w, const migtask_request *request,
                           migtask_view token);

/* Writes the JSON body. */
void migtask_action_write(struct migtask_writer *w, const migtask_action *action);

#endif
