/* Fuzz target: the bytes of an answer, from the response reader to the reply. */
#include "judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static trip t;
    trip_init(&t);
    judge_answer(&t, (migtask_view){(const char *)data, size});
    end_of_cases();
    return 0;
}
