/*
 * error_codes.h - the documented error codes of the service and its gateway: what each means and
 * what to do about it. Not there with MIGTASK_HOST_ERROR_TEXTS 0.
 */
#ifndef MIGTASK_HOST_ERROR_CODES_H
#define MIGTASK_HOST_ERROR_CODES_H

#include "host_config.h"
#include "migtask.h"

/* Bytes that hold any meaning or advice. */
#define ERROR_TEXT_MAX 160

/* A row of the table: a code with one HTTP status. Private inside. */
struct error_row {
    uint16_t number; /* 7713 of SMS.7713 */
    uint8_t status;  /* which of the table of statuses */
    uint8_t advice;  /* which of the advices */
};

/* A search for the rows of one code. Private inside, but for number. */
struct error_search {
    int number;
    size_t first, end; /* the family's rows */
    size_t at;
};

/* Begins a search for "SMS.7713", or of the gateway "APIGW.0308" or "APIG.0308", which are the same
 * code. False: this has not the form of an error code, capitals and four digits included. */
bool error_codes_begin(struct error_search *search, migtask_view code);

/* The next row of that code, in the order of the documentation; NULL: no more. */
const struct error_row *error_codes_next(struct error_search *search);

/* The numbers of the family that are known and next to the one sought, -1 where there is none. */
void error_codes_near(const struct error_search *search, int *below, int *above);

/* The HTTP status that the documentation has the row's code with; 0: it names none. */
unsigned error_codes_status(const struct error_row *row);

/* The texts of a row; the views refer to buf. */
migtask_view error_codes_meaning(const struct error_row *row, char buf[ERROR_TEXT_MAX]);
migtask_view error_codes_advice(const struct error_row *row, char buf[ERROR_TEXT_MAX]);

#endif
