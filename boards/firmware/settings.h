/* settings.h - what is to be done and how, from the board's parameters. */
#ifndef FIRMWARE_SETTINGS_H
#define FIRMWARE_SETTINGS_H

#include "migtask.h"
#include "network.h"

/* Bytes of the longest name of a time server. */
#define SETTINGS_SNTP_MAX 63

struct settings {
    migtask_request request;
    migtask_endpoint
        connect_to; /* where to connect: the endpoint unless a parameter says otherwise */
    struct network_settings network;
    migtask_view operation, task_id; /* as they were given, for the report */
    migtask_view sntp;               /* time server; none: DHCP names it */
    int64_t epoch_s;                 /* the time given, or MIGTASK_NO_DATE */
    uint16_t retries;
    uint16_t calls;     /* how often all of it is done */
    bool report_memory; /* tell what stack and arena had to hold */
};

/* Reads all parameters. Returns NULL, or the name of the first that is wrong or missing. */
const char *settings_read(struct settings *settings);

#endif
