/* log.h - lines for board_log() that are made of pieces. */
#ifndef FIRMWARE_LOG_H
#define FIRMWARE_LOG_H

#include "migtask.h"

/* Both, as one line of at most 191 characters, cut there; made safe for terminals. */
void log_line(const char *head, const char *tail);

#endif
