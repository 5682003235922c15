#define _POSIX_C_SOURCE 200809L

#include "tasks.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX (1024 * 1024)

/* Untouched pages of these cost nothing. */
static char text[TEXT_MAX + 1];
static const char *ids[TASKS_MAX];
static size_t count;

/* Open addressing: a task's place in ids and 1 more, 0 for a free slot. */
#define SLOTS 32768u
static uint16_t slots[SLOTS];
_Static_assert(TASKS_MAX < SLOTS / 2 && TASKS_MAX < UINT16_MAX, "never full, and it can be told");

size_t tasks_count(void)
{
    return count;
}

const char *tasks_id(size_t index)
{
    return ids[index];
}

/* A UUID in capitals is the same one (RFC 9562 section 4), so capitals do not tell ids apart. */
static bool stands_already(const char *id)
{
    uint32_t slot = 2166136261u; /* FNV-1a */
    for (const char *c = id; *c != '\0'; c++) {
        slot = (slot ^ (unsigned char)tolower((unsigned char)*c)) * 16777619u;
    }
    for (slot %= SLOTS; slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        if (strcasecmp(ids[slots[slot] - 1], id) == 0) {
            return true;
        }
    }
    slots[slot] = (uint16_t)(count + 1);
    return false;
}

/* Checks an id and adds it; line: where it stands in the file, 0 in the arguments. */
static bool add(struct options *options, const char *id, uint32_t line, struct complaint *complaint)
{
    migtask_action action = options->request.action;
    action.task_id = migtask_text(id);
    options->task_id = id;
    if (migtask_action_check(&action) == MIGTASK_CHECK_TASK_ID) {
        complaint->what = "this is not a task id";
        complaint->hint = migtask_check_text(MIGTASK_CHECK_TASK_ID);
    } else if (count == TASKS_MAX) {
        complaint->what = "there are more than 10000 tasks";
        complaint->hint = "divide them among several runs";
    } else if (stands_already(id)) {
        complaint->what = "this task stands twice";
        complaint->hint = "an action cannot be repeated safely, so each task may be named "
                          "once, in capitals or not";
    }
    if (complaint->what != NULL) {
        complaint->value = id;
        complaint->line = line;
        return false;
    }
    ids[count++] = id;
    return true;
}

/* The id in a line, with NUL behind it, or NULL if there is none. */
static char *id_in(char *line, char *end)
{
    while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
        end--;
    }
    *end = '\0';
    line += strspn(line, " \t");
    return line[0] == '\0' || line[0] == '#' ? NULL : line;
}

static bool take_lines(struct options *options, size_t len, struct complaint *complaint)
{
    if (memchr(text, '\0', len) != NULL) {
        complaint->what = "the file of tasks holds a NUL byte";
        complaint->hint = "it is a text with a task id a line";
        return false;
    }
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, as some editors write it */
    char *end = text + len;
    char *start = text + (len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0);
    uint32_t number = 0;
    for (char *line = start; line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        number++;
        const char *id = id_in(line, stop);
        if (id != NULL && !add(options, id, number, complaint)) {
            return false;
        }
        line = stop + 1;
    }
    if (count == 0) {
        complaint->what = "the file of tasks names no task";
        complaint->hint = "it is a text with a task id a line";
    }
    return count > 0;
}

static void begin_with_first(struct options *options)
{
    options->task_id = ids[0];
    options->request.action.task_id = migtask_text(ids[0]);
}

bool tasks_take(struct options *options, struct complaint *complaint)
{
    if (count > 0) { /* a list of before; in a fresh process the slots are not even touched */
        memset(slots, 0, sizeof slots);
        count = 0;
    }
    for (size_t i = 0; i < options->task_count; i++) {
        if (!add(options, options->tasks[i], 0, complaint)) {
            return false;
        }
    }
    begin_with_first(options);
    return true;
}

enum tasks_status tasks_read(struct options *options, const migtask_posix_patience *patience,
                             struct complaint *complaint)
{
    size_t len = 0;
    if (options->tasks_file == NULL) {
        return TASKS_OK;
    }
    migtask_posix_file_status status =
        migtask_posix_file_read(options->tasks_file, text, TEXT_MAX, &len, patience);
    switch (status) {
    case MIGTASK_POSIX_FILE_OK:
        complaint->value = options->tasks_file;
        if (!take_lines(options, len, complaint)) {
            return TASKS_WRONG;
        }
        begin_with_first(options);
        return TASKS_OK;
    case MIGTASK_POSIX_FILE_TIMEOUT:
        return TASKS_TIMEOUT;
    case MIGTASK_POSIX_FILE_CANCELLED:
        return TASKS_CANCELLED;
    default:
        complaint->value = options->tasks_file;
        complaint->what = "the file of tasks cannot be used";
        complaint->hint = migtask_posix_file_text(status, errno);
        return TASKS_WRONG;
    }
}
