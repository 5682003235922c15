/*
 * For compare.py: reads answers and says what a call makes of each. Standard input: a byte for what
 * comes behind the bytes (enum stream_end), their number (4 bytes, little-endian), the bytes, again
 * and again. Standard output: a JSON object each, the command's report.
 */
#include <stdio.h>
#include <stdlib.h>

#include "judge.h"

static bool read_exactly(void *to, size_t len)
{
    return fread(to, 1, len, stdin) == len;
}

int main(void)
{
    static trip t;
    static textbuf json;
    unsigned char head[5];
    while (read_exactly(head, sizeof head)) {
        size_t len = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16;
        char *bytes = malloc(len + 1); /* exactly as long, for the sanitizer */
        if (bytes == NULL || !read_exactly(bytes, len)) {
            return 1;
        }
        stream_plan plan = {.response = bytes, .response_len = len, .end = head[0]};
        trip_init(&t);
        trip_run(&t, &plan);
        judge_end(&t);
        migtask_result result = {.outcome = migtask_call_outcome(t.call),
                                 .reason = migtask_call_reason(t.call),
                                 .reply = migtask_call_reply(t.call)};
        text_clear(&json);
        (void)migtask_report_json(&result, add_output, &json);
        fwrite(json.ptr, 1, json.len, stdout);
        free(bytes);
        end_of_cases();
    }
    return 0;
}
