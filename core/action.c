/* What is asked for: the operations, the documented limits, and the JSON body.
 */
#include <string.h>

#include "request.h"
#include "unicode.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const operations[] = {
    [MIGTASK_START] = "start",
    [MIGTASK_STOP] = "stop",
    [MIGTASK_TEST] = "test",
    [MIGTASK_CUTOVER] = "cutover",
    [MIGTASK_CLONE_TEST] = "clone_test",
    [MIGTASK_RESTART] = "restart",
    [MIGTASK_NETWORK_CHECK] = "network_check",
    [MIGTASK_SKIP] = "skip",
    [MIGTASK_CLEAR] = "clear",
    [MIGTASK_MIGRATION_TEST] = "migration_test",
    [MIGTASK_ERROR_FOR_OVERSPEED] = "error_for_overspeed",
};
_Static_assert(COUNT(operations) == MIGTASK_OPERATION_COUNT, "a name for each operation");

const char *migtask_operation_name(migtask_operation operation)
{
    return (size_t)operation < COUNT(operations) ? operations[operation] : NULL;
}

bool migtask_operation_find(migtask_view name, migtask_operation *operation)
{
    for (size_t i = 0; i < COUNT(operations); i++) {
        if (strlen(operations[i]) == name.len && memcmp(operations[i], name.ptr, name.len) == 0) {
            *operation = (migtask_operation)i;
            return true;
        }
    }
    return false;
}

/* Valid UTF-8 of at most 255 characters. */
static bool is_template_id(migtask_view id)
{
    size_t characters = 0;
    for (size_t at = 0; at < id.len; characters++) {
        uint32_t character;
        size_t length = migtask_utf8_decode(id.ptr + at, id.len - at, &character);
        if (length == 0 || length > id.len - at || characters == MIGTASK_TEMPLATE_ID_MAX) {
            return false;
        }
        at += length;
    }
    return true;
}

migtask_check migtask_action_check(const migtask_action *action)
{
    if ((unsigned)action->operation >= MIGTASK_OPERATION_COUNT) {
        return MIGTASK_CHECK_OPERATION;
    }
    migtask_view id = action->task_id;
    if (!migtask_is_word(id, MIGTASK_TASK_ID_MAX, "-_") || *id.ptr == '-' || *id.ptr == '_') {
        return MIGTASK_CHECK_TASK_ID;
    }
    if (action->operation == MIGTASK_CLONE_TEST && action->template_id.len == 0) {
        return MIGTASK_CHECK_TEMPLATE_MISSING;
    }
    if (!is_template_id(action->template_id)) {
        return MIGTASK_CHECK_TEMPLATE_ID;
    }
    return MIGTASK_CHECK_OK;
}

void migtask_action_write(struct migtask_writer *w, const migtask_action *action)
{
    migtask_put_string(w, "{\"operation\":\"");
    migtask_put_string(w, migtask_operation_name(action->operation));
    migtask_put(w, "\"", 1);
    if (action->template_id.ptr != NULL) {
        migtask_put_string(w, ",\"template_id\":\"");
        migtask_put_ascii(w, action->template_id);
        migtask_put(w, "\"", 1);
    }
    if (action->switch_hce) {
        migtask_put_string(w, ",\"switch_hce\":true");
    }
    if (action->consistency_check) {
        migtask_put_string(w, ",\"is_need_consistency_check\":true");
    }
    migtask_put(w, "}", 1);
}
