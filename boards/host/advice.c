#include "advice.h"

#include "error_codes.h"

#if MIGTASK_HOST_ERROR_TEXTS

migtask_view advice_for(migtask_view error_code, unsigned http_status)
{
    static char text[ERROR_TEXT_MAX];
    struct error_search search;
    const struct error_row *best = NULL;
    const struct error_row *row;
    if (error_codes_begin(&search, error_code)) {
        while ((row = error_codes_next(&search)) != NULL) {
            if (best == NULL || error_codes_status(row) == http_status) {
                best = row;
            }
        }
    }
    return best != NULL ? error_codes_advice(best, text) : (migtask_view){NULL, 0};
}

#else

migtask_view advice_for(migtask_view error_code, unsigned http_status)
{
    (void)error_code;
    (void)http_status;
    return (migtask_view){NULL, 0};
}

#endif
