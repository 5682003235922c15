/* Fuzz target: the body of a well-framed answer, for the JSON guard and what is behind it. The
 * first byte chooses status and framing. */
#include "judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const statuses[] = {"403 Forbidden", "200 OK", "503 Unavailable"};
    static textbuf bytes;
    static trip t;
    if (size == 0) {
        return 0;
    }
    const char *body = (const char *)data + 1;
    const char *status = statuses[data[0] / 2 % COUNT_OF(statuses)];
    if (data[0] % 2 == 0) {
        answer(&bytes, status, "", (migtask_view){body, size - 1});
    } else {
        text_clear(&bytes);
        text_format(&bytes, "HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\n\r\n", status);
        for (size_t at = 0, piece; at < size - 1; at += piece) {
            piece = size - 1 - at < 7 ? size - 1 - at : 7;
            text_format(&bytes, "%zx\r\n", piece);
            text_add(&bytes, body + at, piece);
            text_put(&bytes, "\r\n");
        }
        text_put(&bytes, "0\r\n\r\n");
    }
    trip_init(&t);
    judge_answer(&t, text_view(&bytes));
    end_of_cases();
    return 0;
}
