/*
 * root.c - a firmware with nothing in it but one call: what is linked in is what a call needs.
 * Also the sizes of the public objects, as arrays whose size the symbol table shows.
 */
#include <string.h>

#include "migtask.h"

char size_of_migtask_call[sizeof(migtask_call)];
char size_of_migtask_reply[sizeof(migtask_reply)];
char size_of_migtask_request[sizeof(migtask_request)];
char size_of_migtask_retry[sizeof(migtask_retry)];

extern migtask_call call;
extern const migtask_stream stream;
extern const migtask_request request;

int root(void);

int root(void)
{
    migtask_call_begin(&call, &stream, &request, 0);
    while (migtask_call_step(&call, 0) != MIGTASK_STEP_DONE) {
    }
    const migtask_reply *reply = migtask_call_reply(&call);
    return (int)migtask_call_outcome(&call) + (int)migtask_call_reason(&call) + reply->http_status;
}
