/* board_log() for boards that have nothing better than their console. */
#include <string.h>

#include "board.h"

void board_log(const char *line)
{
    board_console(line, strlen(line));
    board_console("\n", 1);
}
