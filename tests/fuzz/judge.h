/*
 * judge.h - what must hold of every answer, whatever its bytes are. Internal to the fuzz targets.
 *
 * A deviation is printed and ends the process (cmocka does so outside of a test), which libFuzzer
 * takes for a crash: it keeps the input.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "support.h"

/* Runs a call that gets this answer: whole, in pieces, with each end, with bytes behind it. Judges
 * what comes of it, and the report of it. */
void judge_answer(trip *t, migtask_view bytes);

/* What holds of a call that is done: the reply's limits, no token anywhere, a safe report. */
void judge_end(const trip *t);

/* Text for people or programs that is safe to show: valid UTF-8, no character that drives a
 * terminal but a line feed at its end. */
void judge_safe(const char *name, migtask_view text);

/* A migtask_output that appends to a textbuf. */
bool add_output(void *ctx, const char *data, size_t len);

#endif
