/*
 * phrases.h - what is said, for people, of a connection that does not come about or breaks: what
 * happened to whom, and what can be looked at. Internal.
 */
#ifndef MIGTASK_POSIX_PHRASES_H
#define MIGTASK_POSIX_PHRASES_H

#include "resolve.h"
#include "text.h"

/* How telling an error of connect() is, 1 or more: of the failures of several addresses the one of
 * the highest rank is worth a sentence. */
unsigned migtask_posix_connect_rank(int error);

/* Append a sentence: connecting to peer failed with this errno; the connection to it broke; a name
 * could not be resolved; this machine lacks the interface that an address names. */
void migtask_posix_say_connect(migtask_posix_text *text, int error, migtask_view peer);
void migtask_posix_say_lost(migtask_posix_text *text, int error, migtask_view peer);
void migtask_posix_say_resolve(migtask_posix_text *text, migtask_posix_resolve_status status,
                               migtask_view name);
void migtask_posix_say_no_interface(migtask_posix_text *text, migtask_view address);

#endif
