/*
 * http_cases.h - recorded answers, good and bad, with what a call makes of each.
 *
 * LENGTH in the bytes stands for the number of bytes behind the first empty line (for a
 * Content-Length), PAD for case.pad letters x, ZEROS for as many zeros, LINES for case.pad
 * bytes of whole header lines. The texts of a reply fit in both configurations.
 */
#ifndef HTTP_CASES_H
#define HTTP_CASES_H

#include "support.h"

#define LENGTH "\x1c"
#define PAD "\x1d"
#define LINES "\x1e"
#define ZEROS "\x19"

/* What follows the bytes. ANY: the message ends by itself, so all three must give the same. */
typedef enum case_end { ANY, SILENT, CLOSED, LOST } case_end;

typedef struct http_case {
    const char *name;
    const char *bytes;
    size_t len;
    case_end end;
    migtask_outcome outcome;
    migtask_reason reason;
    uint16_t status;
    /* Texts of the reply, NULL for none; only compared where the answer was complete. */
    const char *error_code, *error_msg, *request_id;
    const char *encoded;
    const char *retry_after, *date; /* NULL: "" */
    uint8_t error_params, details;  /* how many; 99: an empty array */
    size_t pad;
} http_case;

#define RAW(text) (text), sizeof(text) - 1
#define ACCEPT(code) MIGTASK_ACCEPTED, MIGTASK_OK, .status = (code)
#define REFUSE(code) MIGTASK_REFUSED, MIGTASK_HTTP_STATUS, .status = (code)
#define REFUSE_BODY(code) MIGTASK_REFUSED, MIGTASK_BODY_MALFORMED, .status = (code)
#define DOUBT(code) MIGTASK_UNKNOWN, MIGTASK_HTTP_STATUS, .status = (code)
#define DOUBT_BODY(code) MIGTASK_UNKNOWN, MIGTASK_BODY_MALFORMED, .status = (code)
#define BAD(code) MIGTASK_UNKNOWN, MIGTASK_HTTP_MALFORMED, .status = (code)
#define BIG(code) MIGTASK_UNKNOWN, MIGTASK_HTTP_TOO_LARGE, .status = (code)
#define CUT(code) MIGTASK_UNKNOWN, MIGTASK_CONNECTION_LOST, .status = (code)
#define LATE(code) MIGTASK_UNKNOWN, MIGTASK_TIMEOUT, .status = (code)

/* A whole answer of one status and body. */
#define ANSWER(status, body) RAW("HTTP/1.1 " status "\r\nContent-Length: " LENGTH "\r\n\r\n" body)
/* A 200 with this header section, body "{}". */
#define HEAD(lines) RAW("HTTP/1.1 200 OK\r\n" lines "\r\n{}")
/* A 200 whose chunked body is this. */
#define CHUNKED(text) RAW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" text)
/* A 200 with this status line. */
#define LINE(text) RAW(text "\r\nContent-Length: 2\r\n\r\n{}")

/* One interim answer. */
#define GO_ON "HTTP/1.1 100 Continue\r\n\r\n"
#define GO_ON_4 GO_ON GO_ON GO_ON GO_ON
#define GO_ON_16 GO_ON_4 GO_ON_4 GO_ON_4 GO_ON_4
#define GOOD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

#define ID "0123456789abcdef0123456789abcdef"

static const http_case http_cases[] = {
    /* --- the outcome table: 2xx --- */
    {"200 with the documented body", ANSWER("200 OK", "{ }"), ANY, ACCEPT(200)},
    {"200 with an empty body", ANSWER("200 OK", ""), ANY, ACCEPT(200)},
    {"200 with a string", ANSWER("200 OK", "\"ok\""), ANY, ACCEPT(200)},
    {"200 with a number", ANSWER("200 OK", "17"), ANY, ACCEPT(200)},
    {"200 with null", ANSWER("200 OK", "null"), ANY, ACCEPT(200)},
    {"200 with text", ANSWER("200 OK", "all right"), ANY, ACCEPT(200)},
    {"200 with white space", ANSWER("200 OK", " \r\n"), ANY, ACCEPT(200)},
    {"200 with html", ANSWER("200 OK", "<html><p>ok</html>"), ANY, ACCEPT(200)},
    {"200 with invalid UTF-8", ANSWER("200 OK", "\xff\xfe\x80"), ANY, ACCEPT(200)},
    {"200 with NUL", ANSWER("200 OK", "\0\0"), ANY, ACCEPT(200)},
    {"200 with other members", ANSWER("200 OK", "{\"id\":1,\"a\":[{}]}"), ANY, ACCEPT(200)},
    {"201", ANSWER("201 Created", "{}"), ANY, ACCEPT(201)},
    {"202", ANSWER("202 Accepted", "{}"), ANY, ACCEPT(202)},
    {"299", ANSWER("299 Odd", ""), ANY, ACCEPT(299)},
    {"200 with an empty error code", ANSWER("200 OK", "{\"error_code\":\"\"}"), ANY, ACCEPT(200),
     .error_code = ""},
    {"200 with a null error code", ANSWER("200 OK", "{\"error_code\":null}"), ANY, ACCEPT(200)},
    {"200 with a number as error code", ANSWER("200 OK", "{\"error_code\":1}"), ANY, ACCEPT(200)},
    {"200 with an error code further down", ANSWER("200 OK", "{\"a\":{\"error_code\":\"X\"}}"), ANY,
     ACCEPT(200)},
    {"200 with an error code",
     ANSWER("200 OK", "{\"error_code\":\"SMS.0001\",\"error_msg\":\"no\"}"), ANY, DOUBT(200),
     .error_code = "SMS.0001", .error_msg = "no"},
    {"200 with a blank error code", ANSWER("200 OK", "{\"error_code\":\" \"}"), ANY, DOUBT(200),
     .error_code = " "},
    {"202 with an error code", ANSWER("202 OK", "{\"x\":1,\"error_code\":\"A\"}"), ANY, DOUBT(202),
     .error_code = "A"},
    {"200 with a nested error of IAM", ANSWER("200 OK", "{\"error\":{\"code\":\"A\"}}"), ANY,
     DOUBT(200), .error_code = "A"},
    {"200 with an error code, then not JSON any more", ANSWER("200 OK", "{\"error_code\":\"A\"} x"),
     ANY, DOUBT(200)},
    {"204", RAW("HTTP/1.1 204 No Content\r\n\r\n"), ANY, ACCEPT(204)},
    {"204 with a Content-Length", RAW("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), ANY,
     ACCEPT(204)},

    /* --- 3xx, 4xx --- */
    {"300", ANSWER("300 Choices", ""), ANY, REFUSE(300)},
    {"302 is not followed",
     RAW("HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n"),
     ANY, REFUSE(302)},
    {"304 without a body", RAW("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"), ANY,
     REFUSE(304)},
    {"304 bare", RAW("HTTP/1.1 304 Not Modified\r\n\r\n"), ANY, REFUSE(304)},
    {"307", ANSWER("307 Temporary Redirect", "{}"), ANY, REFUSE(307)},
    {"400 of the service",
     ANSWER("400 Bad Request", "{\"error_code\":\"SMS.7713\",\"error_msg\":\"state\"}"), ANY,
     REFUSE(400), .error_code = "SMS.7713", .error_msg = "state"},
    {"400 empty", ANSWER("400 Bad Request", ""), ANY, REFUSE(400)},
    {"401 of the gateway, chunked",
     RAW("HTTP/1.1 401 Unauthorized\r\nserver: api-gateway\r\ntransfer-encoding: chunked\r\n"
         "connection: close\r\nx-request-id: " ID "\r\n\r\n"
         "28\r\n{\"error_msg\":\"Incorrect IAM authenticati\r\n"
         "3a\r\non information: decrypt token fail\",\"error_code\":\"APIGW.03\r\n"
         "34\r\n01\",\"request_id\":\"ffffffffffffffffffffffffffffffff\"}\r\n0\r\n\r\n"),
     ANY, REFUSE(401), .error_code = "APIGW.0301",
     .error_msg = "Incorrect IAM authentication information: decrypt token fail", .request_id = ID},
    {"403 of the page",
     ANSWER("403 Forbidden", "{\"error_code\":\"SMS.9004\",\"error_msg\":\"no right\","
                             "\"encoded_authorization_message\":\"XXX\",\"error_param\":[\"p\"],"
                             "\"details\":[{\"error_code\":\"SMS.1\",\"error_msg\":\"m\"}]}"),
     ANY, REFUSE(403), .error_code = "SMS.9004", .error_msg = "no right", .encoded = "XXX",
     .error_params = 1, .details = 1},
    {"403 with an encoded message of null",
     ANSWER("403 Forbidden", "{\"error_code\":\"A\",\"encoded_authorization_message\":null,"
                             "\"error_param\":null,\"details\":null}"),
     ANY, REFUSE(403), .error_code = "A"},
    {"403 with empty arrays", ANSWER("403 Forbidden", "{\"error_param\":[],\"details\":[]}"), ANY,
     REFUSE(403), .error_params = 99, .details = 99},
    {"404 of the gateway",
     ANSWER("404 Not Found", "{\"error_code\":\"APIGW.0101\",\"error_msg\":"
                             "\"no such API\",\"request_id\":\"" ID "\"}"),
     ANY, REFUSE(404), .error_code = "APIGW.0101", .error_msg = "no such API", .request_id = ID},
    {"404 of a proxy", ANSWER("404 Not Found", "<html><h1>404</h1></html>"), ANY, REFUSE_BODY(404)},
    {"413", ANSWER("413 Too Large", ""), ANY, REFUSE(413)},
    {"494", ANSWER("494 Request Header Too Large", "<html></html>"), ANY, REFUSE_BODY(494)},
    {"499", ANSWER("499 Odd", "{}"), ANY, REFUSE(499)},
    {"429 with seconds",
     RAW("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"), ANY, REFUSE(429),
     .retry_after = "7"},
    {"429 with zero seconds",
     RAW("HTTP/1.1 429 Too Many\r\nRetry-After:0\r\nContent-Length: 0\r\n\r\n"), ANY, REFUSE(429),
     .retry_after = "0"},
    {"429 with a date",
     RAW("HTTP/1.1 429 Too Many\r\nretry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
         "Date: Sun, 06 Nov 1994 08:49:07 GMT\r\nContent-Length: 0\r\n\r\n"),
     ANY, REFUSE(429), .retry_after = "Sun, 06 Nov 1994 08:49:37 GMT",
     .date = "Sun, 06 Nov 1994 08:49:07 GMT"},
    {"Retry-After twice: the first wins",
     RAW("HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nRetry-After: 99\r\nContent-Length: 0\r\n\r\n"),
     ANY, REFUSE(429), .retry_after = "3"},
    {"Date twice: the first wins",
     RAW("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:07 GMT\r\nDate: today\r\n"
         "Content-Length: 0\r\n\r\n"),
     ANY, ACCEPT(200), .date = "Sun, 06 Nov 1994 08:49:07 GMT"},
    {"Retry-After with white space around",
     RAW("HTTP/1.1 429 Too Many\r\nRetry-After: \t 12 \t\r\nContent-Length: 0\r\n\r\n"), ANY,
     REFUSE(429), .retry_after = "12"},
    {"Retry-After in words",
     RAW("HTTP/1.1 429 Too Many\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n"), ANY,
     REFUSE(429), .retry_after = "soon"},
    {"Retry-After empty", RAW("HTTP/1.1 429 Too Many\r\nRetry-After:\r\nContent-Length: 0\r\n\r\n"),
     ANY, REFUSE(429)},
    {"Retry-After and Date longer than any",
     RAW("HTTP/1.1 429 Too Many\r\nRetry-After: " PAD "\r\nDate: " PAD
         "\r\nContent-Length: 0\r\n\r\n"),
     ANY, REFUSE(429), .pad = 1000},
    {"Retry-After and Date of an interim answer",
     RAW("HTTP/1.1 103 Hints\r\nRetry-After: 3\r\nDate: x\r\n\r\nHTTP/1.1 429 Too Many\r\n"
         "Content-Length: 0\r\n\r\n"),
     ANY, REFUSE(429)},

    /* --- 5xx --- */
    {"500", ANSWER("500 Oops", "{\"error_code\":\"SMS.0001\"}"), ANY, DOUBT(500),
     .error_code = "SMS.0001"},
    {"500 empty", ANSWER("500 Oops", ""), ANY, DOUBT(500)},
    {"500 with the gateway's code", ANSWER("500 Oops", "{\"error_code\":\"APIGW.0201\"}"), ANY,
     DOUBT(500), .error_code = "APIGW.0201"},
    {"502 of a proxy", ANSWER("502 Bad Gateway", "<html>"), ANY, DOUBT_BODY(502)},
    {"504", ANSWER("504 Timeout", "{}"), ANY, DOUBT(504)},
    {"599", ANSWER("599 Odd", ""), ANY, DOUBT(599)},
    {"503 empty", ANSWER("503 Unavailable", ""), ANY, DOUBT(503)},
    {"503 of the gateway", ANSWER("503 Unavailable", "{\"error_code\":\"APIGW.0308\"}"), ANY,
     REFUSE(503), .error_code = "APIGW.0308"},
    {"503 of a newer gateway", ANSWER("503 Unavailable", "{\"error_code\":\"APIG.0308\"}"), ANY,
     REFUSE(503), .error_code = "APIG.0308"},
    {"503 of the gateway, written with escapes",
     ANSWER("503 Unavailable", "{\"error\\u005fcode\":\"\\u0041PIGW\\u002e0308\"}"), ANY,
     REFUSE(503), .error_code = "APIGW.0308"},
    {"503 of the service", ANSWER("503 Unavailable", "{\"error_code\":\"SMS.0001\"}"), ANY,
     DOUBT(503), .error_code = "SMS.0001"},
    {"503 with a code that only looks like it",
     ANSWER("503 Unavailable", "{\"error_code\":\"APIGW\"}"), ANY, DOUBT(503),
     .error_code = "APIGW"},
    {"503 with a shorter word before the dot",
     ANSWER("503 Unavailable", "{\"error_code\":\"API1.0308\"}"), ANY, DOUBT(503),
     .error_code = "API1.0308"},
    {"503 with another word before the dot",
     ANSWER("503 Unavailable", "{\"error_code\":\"APIGX.0308\"}"), ANY, DOUBT(503),
     .error_code = "APIGX.0308"},
    {"503 with a longer word before the dot",
     ANSWER("503 Unavailable", "{\"error_code\":\"APIGWX.0308\"}"), ANY, DOUBT(503),
     .error_code = "APIGWX.0308"},
    {"503 with a code in lower case", ANSWER("503 Unavailable", "{\"error_code\":\"apigw.1\"}"),
     ANY, DOUBT(503), .error_code = "apigw.1"},
    {"503 with the prefix inside", ANSWER("503 Unavailable", "{\"error_code\":\"XAPIGW.1\"}"), ANY,
     DOUBT(503), .error_code = "XAPIGW.1"},
    {"503 with the prefix in the message",
     ANSWER("503 Unavailable", "{\"error_msg\":\"APIGW.0308\"}"), ANY, DOUBT(503),
     .error_msg = "APIGW.0308"},
    {"503 with text", ANSWER("503 Unavailable", "APIGW.0308"), ANY, DOUBT_BODY(503)},
    {"503 cut inside its JSON", ANSWER("503 Unavailable", "{\"error_code\":\"APIGW.0308\""), ANY,
     DOUBT_BODY(503), .error_code = "?"},
    {"503 with more behind its JSON",
     ANSWER("503 Unavailable", "{\"error_code\":\"APIGW.0308\"} x"), ANY, DOUBT_BODY(503),
     .error_code = "?"},
    {"503 with a gateway's code of the wrong type",
     ANSWER("503 Unavailable", "{\"error_code\":[\"APIGW.0308\"]}"), ANY, DOUBT(503)},

    /* --- error shapes --- */
    {"nested error of IAM", ANSWER("401 No", "{\"error\":{\"message\":\"m\",\"code\":\"IAM.1\"}}"),
     ANY, REFUSE(401), .error_code = "IAM.1", .error_msg = "m"},
    {"nested error of IAM with more",
     ANSWER("401 No",
            "{\"x\":[{}],\"error\":{\"title\":\"t\",\"code\":\"c\",\"z\":{\"code\":\"n\"},"
            "\"message\":\"m\"},\"y\":0}"),
     ANY, REFUSE(401), .error_code = "c", .error_msg = "m"},
    {"nested error with a number as code",
     ANSWER("401 No", "{\"error\":{\"code\":401,\"message\":\"m\"}}"), ANY, REFUSE(401),
     .error_msg = "m"},
    {"error that is a string", ANSWER("401 No", "{\"error\":\"x\",\"error_msg\":\"m\"}"), ANY,
     REFUSE(401), .error_msg = "m"},
    {"error that is an array", ANSWER("401 No", "{\"error\":[{\"code\":\"x\"}]}"), ANY,
     REFUSE(401)},
    {"nested too deep", ANSWER("401 No", "{\"a\":{\"error\":{\"code\":\"x\"}}}"), ANY, REFUSE(401)},
    {"code and message bare", ANSWER("401 No", "{\"code\":\"x\",\"message\":\"m\"}"), ANY,
     REFUSE(401)},
    {"an array as the body", ANSWER("403 No", "[{\"error_code\":\"x\"}]"), ANY, REFUSE(403)},
    {"a string as the body", ANSWER("403 No", "\"error_code\""), ANY, REFUSE(403)},
    {"text as the body", ANSWER("403 No", "forbidden"), ANY, REFUSE_BODY(403)},
    {"html as the body", ANSWER("403 No", "<!DOCTYPE html>\r\n<html></html>"), ANY,
     REFUSE_BODY(403)},
    {"white space as the body", ANSWER("403 No", " \t\r\n"), ANY, REFUSE_BODY(403)},
    {"compressed body",
     RAW("HTTP/1.1 403 No\r\nContent-Encoding: gzip\r\nContent-Length: " LENGTH
         "\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"),
     ANY, REFUSE_BODY(403)},
    {"members of the wrong type",
     ANSWER("403 No", "{\"error_code\":[\"a\"],\"error_msg\":{\"error_msg\":\"b\"},"
                      "\"encoded_authorization_message\":true,\"error_param\":\"c\","
                      "\"details\":{\"error_code\":\"d\"},\"request_id\":7}"),
     ANY, REFUSE(403)},
    {"duplicate members: the first wins",
     ANSWER("403 No", "{\"error_code\":\"first\",\"error_msg\":\"one\",\"error_code\":\"second\","
                      "\"error_msg\":\"two\",\"error_code\":null}"),
     ANY, REFUSE(403), .error_code = "first", .error_msg = "one"},
    {"a name after a value of the wrong type is a name of its own",
     ANSWER("400 Bad", "{\"error_code\":1,\"x\":\"A\",\"error_msg\":null,\"y\":\"B\","
                       "\"request_id\":true,\"z\":[\"C\"],\"details\":-1.5,\"error\":[]}"),
     ANY, REFUSE(400)},
    {"a first member of the wrong type counts as absent",
     ANSWER("403 No",
            "{\"error_code\":1,\"error_param\":\"p\",\"error_code\":\"A\",\"error_param\":[\"q\"],"
            "\"encoded_authorization_message\":null,"
            "\"encoded_authorization_message\":\"e\"}"),
     ANY, REFUSE(403), .error_code = "A", .encoded = "e", .error_params = 1},
    {"elements of the wrong type count as absent",
     ANSWER("403 No", "{\"error_param\":[1,null,[\"x\"],{\"y\":\"z\"},\"p\",true],"
                      "\"details\":[1,\"a\",[],{\"error_code\":5,\"error_msg\":\"m\"}]}"),
     ANY, REFUSE(403), .error_params = 1, .details = 1},
    {"arrays twice: the first wins",
     ANSWER("403 No",
            "{\"error_param\":[],\"details\":[],\"error_param\":[\"a\"],\"details\":[{}]}"),
     ANY, REFUSE(403), .error_params = 99, .details = 99},
    {"keys written with escapes",
     ANSWER("403 No",
            "{\"\\u0065rror_code\":\"A\",\"error\\u005Fmsg\":\"B\",\"request\\u005fid\":\"C\"}"),
     ANY, REFUSE(403), .error_code = "A", .error_msg = "B", .request_id = "C"},
    {"keys that only begin or end alike",
     ANSWER("403 No",
            "{\"error_cod\":\"1\",\"error_code_\":\"2\",\" error_code\":\"3\",\"Error_code\":"
            "\"4\",\"error_code\\u0000\":\"5\",\"\":\"6\"}"),
     ANY, REFUSE(403)},
    {"values written with escapes",
     ANSWER("403 No",
            "{\"error_code\":\"\\u0053MS.1\",\"error_msg\":\"a\\/\\\"\\\\\\b\\f\\n\\r\\t\\u00e9"
            "\\ud83d\\ude00z\"}"),
     ANY, REFUSE(403), .error_code = "SMS.1",
     .error_msg = "a/\"\\\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80z"},
    {"empty texts", ANSWER("403 No", "{\"error_code\":\"\",\"error_msg\":\"\"}"), ANY, REFUSE(403),
     .error_code = "", .error_msg = ""},
    {"white space all over",
     ANSWER("403 No", " \r\n{ \"error_code\" :\t\"A\" ,\n\"error_msg\"\r:\n\"B\" }\r\n "), ANY,
     REFUSE(403), .error_code = "A", .error_msg = "B"},
    {"request id in the body only", ANSWER("403 No", "{\"request_id\":\"" ID "\"}"), ANY,
     REFUSE(403), .request_id = ID},
    {"request id in the header and the body",
     RAW("HTTP/1.1 403 No\r\nX-Request-Id: abc\r\nContent-Length: " LENGTH
         "\r\n\r\n{\"request_id\":\"def\"}"),
     ANY, REFUSE(403), .request_id = "abc"},
    {"request id twice: the first wins",
     RAW("HTTP/1.1 200 OK\r\nX-Request-Id: abc\r\nX-Request-Id: def\r\nContent-Length: 0\r\n\r\n"),
     ANY, ACCEPT(200), .request_id = "abc"},

    /* --- the status line --- */
    {"empty reason phrase", LINE("HTTP/1.1 200 "), ANY, ACCEPT(200)},
    {"no reason phrase", LINE("HTTP/1.1 200"), ANY, ACCEPT(200)},
    {"odd reason phrase", LINE("HTTP/1.1 200 \tO\xe9: K  "), ANY, ACCEPT(200)},
    {"HTTP/1.0", LINE("HTTP/1.0 200 OK"), ANY, ACCEPT(200)},
    {"HTTP/1.2", LINE("HTTP/1.2 200 OK"), ANY, BAD(0)},
    {"HTTP/2.0", LINE("HTTP/2.0 200 OK"), ANY, BAD(0)},
    {"HTTP/1.10", LINE("HTTP/1.10 200 OK"), ANY, BAD(0)},
    {"HTTP/1", LINE("HTTP/1 200 OK"), ANY, BAD(0)},
    {"http/1.1", LINE("http/1.1 200 OK"), ANY, BAD(0)},
    {"ICY", LINE("ICY 200 OK"), ANY, BAD(0)},
    {"text instead of HTTP", RAW("SSH-2.0-OpenSSH_9.2\r\n"), ANY, BAD(0)},
    {"a TLS alert instead of HTTP", RAW("\x15\x03\x03\x00\x02\x02\x28"), ANY, BAD(0)},
    {"white space before the status line", LINE(" HTTP/1.1 200 OK"), ANY, BAD(0)},
    {"an empty line before the status line", LINE("\r\nHTTP/1.1 200 OK"), ANY, BAD(0)},
    {"two spaces before the status", LINE("HTTP/1.1  200 OK"), ANY, BAD(0)},
    {"a tab before the status", LINE("HTTP/1.1\t200 OK"), ANY, BAD(0)},
    {"no space before the status", LINE("HTTP/1.1200 OK"), ANY, BAD(0)},
    {"status 099", LINE("HTTP/1.1 099 OK"), ANY, BAD(0)},
    {"status 099, then a good answer", RAW("HTTP/1.1 099 OK\r\n\r\n" GOOD), ANY, BAD(0)},
    {"a status with the character behind 9", LINE("HTTP/1.1 20: OK"), ANY, BAD(0)},
    {"a status with the character before 0", LINE("HTTP/1.1 20/ OK"), ANY, BAD(0)},
    {"status 000", LINE("HTTP/1.1 000 OK"), ANY, BAD(0)},
    {"status 600", LINE("HTTP/1.1 600 OK"), ANY, BAD(0)},
    {"status 999", LINE("HTTP/1.1 999 OK"), ANY, BAD(0)},
    {"status 1000", LINE("HTTP/1.1 1000 OK"), ANY, BAD(0)},
    {"status 2000", LINE("HTTP/1.1 2000 OK"), ANY, BAD(0)},
    {"status 20", LINE("HTTP/1.1 20 OK"), ANY, BAD(0)},
    {"status 20x", LINE("HTTP/1.1 20x OK"), ANY, BAD(0)},
    {"status abc", LINE("HTTP/1.1 abc OK"), ANY, BAD(0)},
    {"status -200", LINE("HTTP/1.1 -200 OK"), ANY, BAD(0)},
    {"status +20", LINE("HTTP/1.1 +20 OK"), ANY, BAD(0)},
    {"no status", LINE("HTTP/1.1 "), ANY, BAD(0)},
    {"200OK", LINE("HTTP/1.1 200OK"), ANY, BAD(0)},
    {"bare LF after the status line", RAW("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"), ANY,
     BAD(0)},
    {"bare CR in the status line", LINE("HTTP/1.1 200 O\rK"), ANY, BAD(0)},
    {"NUL in the status line", LINE("HTTP/1.1 200 O\0K"), ANY, BAD(0)},

    /* --- interim answers --- */
    {"100 first", RAW(GO_ON GOOD), ANY, ACCEPT(200)},
    {"103 with headers first",
     RAW("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nX-Request-Id: no\r\n\r\n" GOOD),
     ANY, ACCEPT(200)},
    {"102 and 199 first", RAW("HTTP/1.1 102 P\r\n\r\nHTTP/1.1 199 \r\nA: b\r\n\r\n" GOOD), ANY,
     ACCEPT(200)},
    {"16 interim answers", RAW(GO_ON_16 GOOD), ANY, ACCEPT(200)},
    {"17 interim answers", RAW(GO_ON_16 GO_ON GOOD), ANY, BIG(0)},
    {"101", RAW("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n" GOOD), ANY, BAD(0)},
    {"100 and nothing more", RAW(GO_ON), LOST, CUT(0)},
    {"100 and the end", RAW(GO_ON), CLOSED, CUT(0)},
    {"100 and silence", RAW(GO_ON), SILENT, LATE(0)},
    {"obs-fold in an interim answer", RAW("HTTP/1.1 100 C\r\nA: b\r\n c\r\n\r\n" GOOD), ANY,
     BAD(0)},

    /* --- Content-Length --- */
    {"Content-Length 0", HEAD("Content-Length: 0\r\n"), ANY, ACCEPT(200)},
    {"Content-Length with leading zeros", HEAD("Content-Length: 00000000002\r\n"), ANY,
     ACCEPT(200)},
    {"Content-Length without a space", HEAD("Content-Length:2\r\n"), ANY, ACCEPT(200)},
    {"Content-Length with white space", HEAD("Content-Length: \t 2\t \r\n"), ANY, ACCEPT(200)},
    {"Content-Length smaller than what comes", HEAD("Content-Length: 1\r\n"), ANY, ACCEPT(200)},
    {"Content-Length larger than what comes", HEAD("Content-Length: 3\r\n"), LOST, CUT(200)},
    {"Content-Length larger, orderly end", HEAD("Content-Length: 3\r\n"), CLOSED, CUT(200)},
    {"Content-Length larger, silence", HEAD("Content-Length: 3\r\n"), SILENT, LATE(200)},
    {"Content-Length 2^32+2", HEAD("Content-Length: 4294967298\r\n"), LOST, CUT(200)},
    {"Content-Length 2^64-1", HEAD("Content-Length: 18446744073709551615\r\n"), LOST, CUT(200)},
    {"Content-Length 2^64", HEAD("Content-Length: 18446744073709551616\r\n"), ANY, BAD(0)},
    {"Content-Length 2^64+2", HEAD("Content-Length: 18446744073709551618\r\n"), ANY, BAD(0)},
    {"Content-Length of 20 digits that wraps to more",
     HEAD("Content-Length: 30000000000000000000\r\n"), ANY, BAD(0)},
    {"Content-Length a", HEAD("Content-Length: a\r\n"), LOST, BAD(0)},
    {"Content-Length of 21 digits", HEAD("Content-Length: 200000000000000000000\r\n"), ANY, BAD(0)},
    {"Content-Length +2", HEAD("Content-Length: +2\r\n"), ANY, BAD(0)},
    {"Content-Length -2", HEAD("Content-Length: -2\r\n"), ANY, BAD(0)},
    {"Content-Length 2, 2", HEAD("Content-Length: 2, 2\r\n"), ANY, BAD(0)},
    {"Content-Length 2,2", HEAD("Content-Length: 2,2\r\n"), ANY, BAD(0)},
    {"Content-Length 2,", HEAD("Content-Length: 2,\r\n"), ANY, BAD(0)},
    {"Content-Length 2 2", HEAD("Content-Length: 2 2\r\n"), ANY, BAD(0)},
    {"Content-Length 2.0", HEAD("Content-Length: 2.0\r\n"), ANY, BAD(0)},
    {"Content-Length 0x2", HEAD("Content-Length: 0x2\r\n"), ANY, BAD(0)},
    {"Content-Length 2;", HEAD("Content-Length: 2;\r\n"), ANY, BAD(0)},
    {"Content-Length \"2\"", HEAD("Content-Length: \"2\"\r\n"), ANY, BAD(0)},
    {"Content-Length two", HEAD("Content-Length: two\r\n"), ANY, BAD(0)},
    {"Content-Length empty", HEAD("Content-Length:\r\n"), ANY, BAD(0)},
    {"Content-Length blank", HEAD("Content-Length: \t \r\n"), ANY, BAD(0)},
    {"Content-Length twice, the same", HEAD("Content-Length: 2\r\nContent-Length: 2\r\n"), ANY,
     BAD(0)},
    {"Content-Length twice, different", HEAD("Content-Length: 2\r\nA: b\r\ncontent-length: 3\r\n"),
     ANY, BAD(0)},
    {"Content-Length and Transfer-Encoding, and nothing behind the header section",
     RAW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"), ANY,
     BAD(0)},
    {"Content-Length and Transfer-Encoding",
     RAW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     ANY, BAD(0)},
    {"Transfer-Encoding and Content-Length",
     RAW("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
     ANY, BAD(0)},
    {"headers that only look like Content-Length",
     HEAD("X-Content-Length: 5, 5\r\nContent-Lengthy: 9\r\nContent-Lengt: 8\r\nContent-Length: "
          "2\r\n"),
     ANY, ACCEPT(200)},

    /* --- Transfer-Encoding --- */
    {"chunked", CHUNKED("2\r\n{}\r\n0\r\n\r\n"), ANY, ACCEPT(200)},
    {"Chunked", HEAD("Transfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n"), ANY, ACCEPT(200)},
    {"chunked with white space", HEAD("transfer-encoding:\t chunked \t\r\n\r\n0\r\n"), ANY,
     ACCEPT(200)},
    {"coding gzip", HEAD("Transfer-Encoding: gzip\r\n"), CLOSED, BAD(0)},
    {"coding identity", HEAD("Transfer-Encoding: identity\r\n"), CLOSED, BAD(0)},
    {"coding empty", HEAD("Transfer-Encoding:\r\n"), CLOSED, BAD(0)},
    {"coding gzip, chunked", HEAD("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding chunked, gzip", HEAD("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding chunked, chunked", HEAD("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n"), ANY,
     BAD(0)},
    {"coding chunked twice",
     HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding gzip, then chunked",
     HEAD("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding xchunked", HEAD("Transfer-Encoding: xchunked\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding chunkedx", HEAD("Transfer-Encoding: chunkedx\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding chunk", HEAD("Transfer-Encoding: chunk\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding chunked;q=1", HEAD("Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"coding \"chunked\"", HEAD("Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n"), ANY, BAD(0)},
    {"chunked in HTTP/1.0",
     RAW("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), ANY, BAD(0)},

    /* --- the header section --- */
    {"names in any case",
     RAW("HTTP/1.1 403 No\r\nCONTENT-LENGTH: 2\r\nx-REQUEST-iD: abc\r\n\r\n{}"), ANY, REFUSE(403),
     .request_id = "abc"},
    {"values empty, with colons, tabs, and bytes above 127",
     HEAD("A:\r\nB: \r\nC: a:b: c\r\nD: \tx\ty\t\r\nE: \x80\xff\xc3\xa9\r\nContent-Length: 2\r\n"),
     ANY, ACCEPT(200)},
    {"names of every token character", HEAD("!#$%&'*+-.^_`|~09azAZ: x\r\nContent-Length: 2\r\n"),
     ANY, ACCEPT(200)},
    {"6 KB of Content-Security-Policy and cookies",
     HEAD("Content-Security-Policy: default-src " PAD "\r\nSet-Cookie: a=" PAD "\r\n"
          "Content-Length: 2\r\n"),
     ANY, ACCEPT(200), .pad = 3000},
    {"a header name of 3 KB", HEAD("X-" PAD ": 1\r\nContent-Length: 2\r\n"), ANY, ACCEPT(200),
     .pad = 3000},
    {"obs-fold with a space", HEAD("A: b\r\n c\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"obs-fold with a tab", HEAD("A: b\r\n\tc\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"obs-fold of the length", HEAD("Content-Length:\r\n 2\r\n"), ANY, BAD(0)},
    {"white space before the first name", HEAD(" A: b\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"space before the colon", HEAD("Content-Length : 2\r\n"), ANY, BAD(0)},
    {"tab before the colon", HEAD("A\t: b\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"space inside a name", HEAD("A B: c\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"empty name", HEAD(": b\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"no colon", HEAD("Content\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"a bracket in a name", HEAD("A[1]: b\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"a byte above 127 in a name", HEAD("A\xe9: b\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"bare LF after a header", HEAD("A: b\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"bare LF at the end of the section", RAW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\n{}"), ANY,
     BAD(0)},
    {"bare CR in a value", HEAD("A: b\rc\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"bare CR in a name", HEAD("A\rB: c\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"CR CR LF", HEAD("A: b\r\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"CR at the end of the section", RAW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\rx{}"), ANY,
     BAD(0)},
    {"NUL in a value", HEAD("A: b\0c\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"NUL in a name", HEAD("A\0: c\r\nContent-Length: 2\r\n"), ANY, BAD(0)},
    {"NUL in the length", HEAD("Content-Length: 2\0\r\n"), ANY, BAD(0)},
    {"a header section just within the limit",
     RAW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" LINES "\r\n{}"), ANY, ACCEPT(200),
     .pad = MIGTASK_HEADER_MAX - 38},
    {"a header section just over the limit",
     RAW("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" LINES "\r\n{}"), ANY, BIG(0),
     .pad = MIGTASK_HEADER_MAX - 37},
    {"a Content-Length of very many zeros", HEAD("Content-Length: " ZEROS "2\r\n"), ANY, BAD(0),
     .pad = 70},
    {"a transfer coding whose end looks right",
     RAW("HTTP/1.1 200 OK\r\nTransfer-Encoding: " PAD "chunked\r\n\r\n0\r\n\r\n"), ANY, BAD(0),
     .pad = 63},
    {"interim answers with an id, which is not the answer's",
     RAW("HTTP/1.1 100 Go\r\nX-Request-Id: abc\r\n\r\n"
         "HTTP/1.1 199 Odd\r\nX-Request-Id: abc\r\nDate: x\r\n\r\n" GOOD),
     ANY, ACCEPT(200)},
    {"an interim answer 199 with a long id",
     RAW("HTTP/1.1 199 Odd\r\nX-Request-Id: " PAD "\r\n\r\n"
         "HTTP/1.1 403 No\r\nContent-Length: 18\r\n\r\n{\"error_code\":\"A\"}"),
     ANY, REFUSE(403), .error_code = "A", .pad = 80},
    {"an interim answer with a long id, which is not the answer's",
     RAW("HTTP/1.1 103 Early Hints\r\nX-Request-Id: " PAD "\r\n\r\n" GOOD), ANY, ACCEPT(200),
     .pad = 80},
    {"one header that does not end", RAW("HTTP/1.1 200 OK\r\nA: " PAD), SILENT, BIG(0),
     .pad = MIGTASK_HEADER_MAX},
    {"a status line that does not end", RAW("HTTP/1.1 200 " PAD), SILENT, BIG(0),
     .pad = MIGTASK_HEADER_MAX},
    {"an interim answer over the limit", RAW("HTTP/1.1 100 Go\r\n" LINES "\r\n" GOOD), ANY, BIG(0),
     .pad = MIGTASK_HEADER_MAX},

    /* --- bodies up to the end of the connection --- */
    {"body up to close_notify", HEAD("Server: x\r\n"), CLOSED, ACCEPT(200)},
    {"body up to a bare end", HEAD("Server: x\r\n"), LOST, CUT(200)},
    {"body without an end", HEAD("Server: x\r\n"), SILENT, LATE(200)},
    {"no headers at all", RAW("HTTP/1.1 200 OK\r\n\r\n"), CLOSED, ACCEPT(200)},
    {"no headers at all, bare end", RAW("HTTP/1.1 200 OK\r\n\r\n"), LOST, CUT(200)},
    {"HTTP/1.0 body up to close_notify",
     RAW("HTTP/1.0 403 No\r\n\r\n{\"error_code\":\"A\",\"error_msg\":\"B\"}"), CLOSED, REFUSE(403),
     .error_code = "A", .error_msg = "B"},
    {"403 body up to a bare end", RAW("HTTP/1.1 403 No\r\n\r\n{\"error_code\":\"A\"}"), LOST,
     CUT(403)},
    {"empty 403 body up to close_notify", RAW("HTTP/1.1 403 No\r\n\r\n"), CLOSED, REFUSE(403)},
    {"503 body up to close_notify", RAW("HTTP/1.1 503 No\r\n\r\n{\"error_code\":\"APIG.1\"}"),
     CLOSED, REFUSE(503), .error_code = "APIG.1"},

    /* --- chunks --- */
    {"several chunks in one read", CHUNKED("1\r\n{\r\n1\r\n}\r\n2\r\n \n\r\n0\r\n\r\n"), ANY,
     ACCEPT(200)},
    {"only the last chunk", CHUNKED("0\r\n\r\n"), ANY, ACCEPT(200)},
    {"the last chunk with many zeros", CHUNKED("2\r\n{}\r\n0000\r\n\r\n"), ANY, ACCEPT(200)},
    {"hexadecimal in both cases",
     CHUNKED("a\r\n0123456789\r\nB\r\n0123456789a\r\n000c\r\n0123456789ab"
             "\r\n0\r\n\r\n"),
     ANY, ACCEPT(200)},
    {"403 in chunks of one byte",
     RAW("HTTP/1.1 403 No\r\nTransfer-Encoding: "
         "chunked\r\n\r\n1\r\n{\r\n1\r\n\"\r\na\r\nerror_code\r\n"
         "1\r\n\"\r\n1\r\n:\r\n1\r\n\"\r\n1\r\nS\r\n1\r\n\"\r\n1\r\n}\r\n0\r\n\r\n"),
     ANY, REFUSE(403), .error_code = "S"},
    {"extension with a token", CHUNKED("2;a=b\r\n{}\r\n0;c\r\n\r\n"), ANY, ACCEPT(200)},
    {"extension with a quoted text", CHUNKED("2;a=\"b \\\" ; \\\\ \t\xe9\"\r\n{}\r\n0\r\n\r\n"),
     ANY, ACCEPT(200)},
    {"several extensions with white space", CHUNKED("2 ; a = b\t;c ; d=\"\"\r\n{}\r\n0\r\n\r\n"),
     ANY, ACCEPT(200)},
    {"extension without a name", CHUNKED("2;\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension with an equals sign only", CHUNKED("2;=b\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension without a value", CHUNKED("2;a=\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension of two words", CHUNKED("2;a=b c\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension with an open quote", CHUNKED("2;a=\"b\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension with more after the quote", CHUNKED("2;a=\"b\"c\r\n{}\r\n0\r\n\r\n"), ANY,
     BAD(200)},
    {"extension with two semicolons", CHUNKED("2;;a\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension with a bare LF", CHUNKED("2;a\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension with a bare CR", CHUNKED("2;a\rb\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"extension with NUL", CHUNKED("2;a=\"\0\"\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"space after the size", CHUNKED("2 \r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"space before the size", CHUNKED(" 2\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size empty", CHUNKED("\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size empty with an extension", CHUNKED(";a\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size 0x2", CHUNKED("0x2\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size +2", CHUNKED("+2\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size -2", CHUNKED("-2\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size g", CHUNKED("g\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"a size of 17 digits that wraps to more", CHUNKED("1F000000000000000\r\n{}\r\n0\r\n\r\n"),
     LOST, BAD(200)},
    {"size FFFFFFFFFFFFFFFF", CHUNKED("FFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"), LOST, CUT(200)},
    {"size 10000000000000000", CHUNKED("10000000000000000\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size 10000000000000002", CHUNKED("10000000000000002\r\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size 100000002", CHUNKED("100000002\r\n{}\r\n0\r\n\r\n"), LOST, CUT(200)},
    {"size with a bare LF", CHUNKED("2\n{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"size with a bare CR", CHUNKED("2\r{}\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"no CRLF after the data", CHUNKED("2\r\n{}0\r\n\r\n"), ANY, BAD(200)},
    {"bare LF after the data", CHUNKED("2\r\n{}\n0\r\n\r\n"), ANY, BAD(200)},
    {"bare CR after the data", CHUNKED("2\r\n{}\r0\r\n\r\n"), ANY, BAD(200)},
    {"data longer than its size", CHUNKED("2\r\n{ }\r\n0\r\n\r\n"), ANY, BAD(200)},
    {"end without the last chunk", CHUNKED("2\r\n{}\r\n"), CLOSED, CUT(200)},
    {"lost without the last chunk", CHUNKED("2\r\n{}\r\n"), LOST, CUT(200)},
    {"end without the last empty line", CHUNKED("2\r\n{}\r\n0\r\n"), CLOSED, CUT(200)},
    {"silence without the last empty line", CHUNKED("2\r\n{}\r\n0\r\n"), SILENT, LATE(200)},
    {"a chunk line just over the limit", CHUNKED("2;a=" PAD "\r\n{}\r\n0\r\n\r\n"), ANY, BIG(200),
     .pad = MIGTASK_CHUNK_LINE_MAX - 7},
    {"a second chunk line just over the limit", CHUNKED("1\r\n{\r\n1;a=" PAD "\r\n}\r\n0\r\n\r\n"),
     ANY, BIG(200), .pad = MIGTASK_CHUNK_LINE_MAX - 7},
    {"a second chunk line as long as may be", CHUNKED("1\r\n{\r\n1;a=" PAD "\r\n}\r\n0\r\n\r\n"),
     ANY, ACCEPT(200), .pad = MIGTASK_CHUNK_LINE_MAX - 8},
    {"extensions with white space of every kind wherever it may stand",
     CHUNKED("2 \t;  \tabxy;c \t = \tdxez ; e=\t \"x y\\\"\" \t ;f\r\n{}\r\n0;xa;y\r\n\r\n"), ANY,
     ACCEPT(200)},
    {"extensions one behind the other, and every kind of character in a quoted value",
     CHUNKED(
         "2;ax=bx;c=\"a:b;c=d,(\x80)\t[x]\\ \\a\\x\\:\\;\\=\\\\\\\"\\\x80\";d=\"x\" \t;e=\"\";f\r\n"
         "{}\r\n0\r\n\r\n"),
     ANY, ACCEPT(200)},
    {"a chunk line over the limit", CHUNKED("2;a=" PAD "\r\n{}\r\n0\r\n\r\n"), ANY, BIG(200),
     .pad = MIGTASK_CHUNK_LINE_MAX},
    {"a chunk line within the limit", CHUNKED("2;a=" PAD "\r\n{}\r\n0\r\n\r\n"), ANY, ACCEPT(200),
     .pad = MIGTASK_CHUNK_LINE_MAX - 8},
    {"zeros without end before a size", CHUNKED(ZEROS), SILENT, BIG(200),
     .pad = MIGTASK_CHUNK_LINE_MAX + 1},

    /* --- trailers --- */
    {"trailers", CHUNKED("2\r\n{}\r\n0\r\nX-Sum: 1\r\nB:\r\n\r\n"), ANY, ACCEPT(200)},
    {"trailers with names of headers", CHUNKED("0\r\nX-Request-Id: t\r\nRetry-After: 5\r\n\r\n"),
     ANY, ACCEPT(200)},
    {"trailer without a colon", CHUNKED("0\r\nX-Sum\r\n\r\n"), ANY, BAD(200)},
    {"trailer with obs-fold", CHUNKED("0\r\nA: b\r\n c\r\n\r\n"), ANY, BAD(200)},
    {"trailer with a space before the colon", CHUNKED("0\r\nA : b\r\n\r\n"), ANY, BAD(200)},
    {"trailer with a bare LF", CHUNKED("0\r\nA: b\n\r\n"), ANY, BAD(200)},
    {"trailer with NUL", CHUNKED("0\r\nA: \0\r\n\r\n"), ANY, BAD(200)},
    {"trailers as long as may be", CHUNKED("0\r\n" LINES "\r\n"), ANY, ACCEPT(200),
     .pad = MIGTASK_HEADER_MAX - 2},
    {"trailers just over the limit", CHUNKED("0\r\n" LINES "\r\n"), ANY, BIG(200),
     .pad = MIGTASK_HEADER_MAX - 1},
    {"trailers over the limit", CHUNKED("0\r\n" LINES "\r\n"), ANY, BIG(200),
     .pad = MIGTASK_HEADER_MAX + 1},
    {"trailers within the limit", CHUNKED("0\r\n" LINES "\r\n"), ANY, ACCEPT(200),
     .pad = MIGTASK_HEADER_MAX - 64},
    {"trailers cut", CHUNKED("0\r\nA: b\r\n"), LOST, CUT(200)},

    /* --- the end of the message --- */
    {"two answers in one read, good and bad", RAW(GOOD "HTTP/1.1 500 Oops\r\n\r\n"), ANY,
     ACCEPT(200)},
    {"two answers in one read, bad and good",
     RAW("HTTP/1.1 403 No\r\nContent-Length: 18\r\n\r\n{\"error_code\":\"A\"}" GOOD), ANY,
     REFUSE(403), .error_code = "A"},
    {"two chunked answers in one read",
     CHUNKED("2\r\n{}\r\n0\r\n\r\nHTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), ANY, ACCEPT(200)},
    {"rubbish after the message", RAW(GOOD "\0\xff rubbish"), ANY, ACCEPT(200)},

    /* --- nothing, or too little --- */
    {"no answer, the connection lost", RAW(""), LOST, CUT(0)},
    {"no answer, the connection closed", RAW(""), CLOSED, CUT(0)},
    {"no answer, silence", RAW(""), SILENT, LATE(0)},
    {"half a status line", RAW("HTTP/1.1 2"), LOST, CUT(0)},
    {"a status line only", RAW("HTTP/1.1 200 OK\r\n"), LOST, CUT(0)},
    {"a status line only, closed", RAW("HTTP/1.1 200 OK\r\n"), CLOSED, CUT(0)},
    {"a header section without its end", RAW("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r"), LOST,
     CUT(0)},
};

#endif
