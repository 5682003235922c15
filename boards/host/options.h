/* options.h - the command line and what it means. */
#ifndef MIGTASK_HOST_OPTIONS_H
#define MIGTASK_HOST_OPTIONS_H

#include "migtask.h"
#include "proxy_choice.h"

/* So many calls at a time at most: --parallel. */
#define CALLS_MAX 4

enum output_amount { OUTPUT_QUIET, OUTPUT_NORMAL, OUTPUT_VERBOSE };

struct options {
    const char *operation_name; /* as given, NULL if not */
    bool explain;               /* the operation is the word explain: nothing is called */
    char *const *tasks;         /* ids as given, unchecked: tasks.h; or the codes to explain */
    size_t task_count;
    const char *tasks_file; /* or in this file */
    const char *task_id; /* the task under way, or the one that is wrong; NULL if there is none */
    migtask_request request; /* all but the token, which token.h brings; for the task under way */
    uint16_t parallel;       /* calls at the same time */
    bool reuse;              /* one connection for all tasks */
    bool has_connect_to;
    migtask_endpoint connect_to;
    struct proxy_choice proxy;
    const char *token_file; /* NULL: from the environment */
    const char *ca_file;    /* NULL: the first of the known places */
    bool has_timeout;       /* --timeout is given */
    uint16_t retries;
    bool json;
    bool dry_run;
    bool help;
    bool help_all;
    bool version;
    enum output_amount amount;
};

/* What is wrong with an argument: sentence "what": "value". */
struct complaint {
    const char *what;  /* NULL: nothing is wrong */
    const char *value; /* the argument that it is about, or NULL */
    const char *hint;  /* more of the sentence, or NULL */
    uint32_t line;     /* of the file of tasks in which the value stands; 0: in none */
    bool list_regions; /* the known regions help */
    bool list_operations;
};

/* Reads the arguments. All of them are read even after a fault, so that --json is seen wherever it
 * stands; the first fault is the one in *complaint. False if there is one. The views of *options
 * refer to argv, in which the task ids are moved to the front, and to the environment. */
bool options_read(struct options *options, int argc, char *argv[], struct complaint *complaint);

#endif
