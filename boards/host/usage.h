/* usage.h - the texts of --help. */
#ifndef MIGTASK_HOST_USAGE_H
#define MIGTASK_HOST_USAGE_H

/* Of --help: fits a console of 24 lines and 78 columns, with one line more of roots_put_usage(). */
extern const char usage_short[];

/* Of --help all; the completions are made from it. What roots_put_usage() writes goes after it. */
extern const char usage_all[];

#endif
