#include "log.h"

#include "board.h"
#include "writer.h"

void log_line(const char *head, const char *tail)
{
    char line[192];
    struct migtask_writer w = {.buf = line, .cap = sizeof line - 1};
    migtask_put_string(&w, head);
    migtask_put_escaped(&w, migtask_text(tail), false);
    line[w.len] = '\0';
    board_log(line);
}
