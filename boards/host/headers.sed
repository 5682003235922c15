# A header of the tree as it is installed: all in one folder, the limits those of the library there.
s,^#include "../../core/,#include ",
/^#ifdef MIGTASK_CONFIG_FILE/,/^#endif/c\
/* As installed: the library is compiled, so its limits are fixed. */\
#include "migtask_limits.h"
