/*
 * orders.h - what the test programs are asked, a line a call from standard input, and what they
 * tell, two lines a call: the JSON of the result, and a JSON object of what was seen besides.
 */
#ifndef ORDERS_H
#define ORDERS_H

#include "migtask.h"
#include "migtask_tls.h"
#include "test_network.h"

/* A line consists of words of the form name=value; the names are those here. */
typedef struct order {
    char url[320];        /* endpoint */
    char connect_to[128]; /* ADDRESS[:PORT], else the endpoint */
    char task[64];
    char operation[32];
    char token[128];       /* how it begins; the rest are letters */
    uint32_t token_length; /* 0: as given */
    uint32_t timeout;      /* ms */
    uint32_t connect_timeout;
    uint32_t cancel; /* after so many ms; 0: never */
    uint32_t unplug; /* the cable, after so many ms; 0: never */
    uint32_t plug;   /* and in again, after so many ms */
    uint32_t busy;   /* ms of every step in which this side does nothing else, as slow TLS does */
    char clock[16];  /* system (if empty, too), sntp, unset */
    uint32_t
        time_wrong;    /* the time server: 1 tells 2010, 2 tells 2100, 3 does not repeat the bits */
    uint32_t lossless; /* after the call, the line is made good for this many ms */
    uint32_t hog;      /* others have all of lwIP's connections for so many ms */
    bool no_server;    /* no name server is known */
    bool hurry;        /* the next call follows at once, whatever is still under way */
    network_faults faults;
    network_answers answers;
} order;

/* Reads the next line of standard input; false at the end. Ends the program when it is wrong. */
bool order_read(order *what);

/* The request, and where to connect. What they refer to is valid until the next. */
void order_request(const order *what, migtask_request *request, migtask_endpoint *where);

/* The network answers as the order wants. */
void order_answers(const order *what);

/* Writes the first line. */
void order_report(const order *what, const migtask_call *call);

/* Writes text in quotation marks, as JSON has it. */
void print_quoted(const char *text);

/* For TLS: the roots in a file, the time of this machine, seeded random numbers. */
migtask_trust order_roots(const char *file);
bool order_clock(void *ctx, int64_t *epoch_s);
int order_random(void *ctx, void *buf, size_t len);

#endif
