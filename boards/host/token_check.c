#include "token_check.h"

#include <string.h>

struct sign {
    const char *bytes;
    const char *meaning; /* goes after "byte 1 " */
};

/* How no token begins. */
static const struct sign beginnings[] = {
    {"\xEF\xBB\xBF", "begins a byte order mark: save the file without one"},
    {"\xFF\xFE", "begins a byte order mark of UTF-16: save the file as plain text"},
    {"\xFE\xFF", "begins a byte order mark of UTF-16: save the file as plain text"},
    {"{", "begins JSON. The token is not in the body of IAM's answer but in its header "
          "X-Subject-Token"},
    {"[", "begins JSON, or stands for a choice: give the token itself"},
    {"<", "begins HTML, a placeholder or a line of curl -v: give the token itself"},
    {"$", "begins the name of a variable, which the shell did not replace"},
    {"-----BEGIN", "begins a PEM text: a certificate or key, not a token"},
    {"HTTP/", "begins a whole answer: give the value of its header X-Subject-Token alone"},
    {"file:", "begins the name of a file: that is for --token-file"},
    {"@/", "begins the name of a file: that is for --token-file, without the @"},
    {"Bearer ", "begins the word Bearer: give what stands after it alone"},
    {"\"", "is a quotation mark: give the token without it"},
    {"'", "is a quotation mark: give the token without it"},
    {"`", "is a quotation mark: give the token without it"},
};

/* How none ends. */
static const struct sign endings[] = {
    {"...", "begins dots: a display has cut the token short"},
    {"***", "begins asterisks: a display has masked the token"},
    {"\"", "is a quotation mark: give the token without it"},
    {"'", "is a quotation mark: give the token without it"},
    {"`", "is a quotation mark: give the token without it"},
    {",", "is a comma, as between members of JSON: give the token without it"},
};

/* What stands within a text by mistake; the others are told by their class. */
static const struct sign strangers[] = {
    {"\n", "is a line feed: a token is one line"},
    {"\r", "is a carriage return: a token is one line"},
    {" ", "is a blank: a token has none"},
    {"\t", "is a tab: a token has none"},
    {"\x1B", "is an escape, as of a key such as an arrow"},
    {"\xEF\xBB\xBF", "begins a byte order mark: a token has none"},
    {"\xC2\xA0", "begins a no-break space, as on web pages: a token has none"},
    {"\xE2\x80\x8B", "begins a zero-width space, as on web pages: a token has none"},
    {"\xE2\x80\x98", "begins a typographic quotation mark: give the token without it"},
    {"\xE2\x80\x99", "begins a typographic quotation mark: give the token without it"},
    {"\xE2\x80\x9C", "begins a typographic quotation mark: give the token without it"},
    {"\xE2\x80\x9D", "begins a typographic quotation mark: give the token without it"},
    {"\xE2\x80\xA6", "begins an ellipsis: a display has cut the token short"},
};

/* What programs write where there is none. */
static const char *const words[] = {"null", "(null)", "nil", "none", "undefined", "false"};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* "byte 37 is a line feed: ..." */
static const char *tell(size_t at, const char *meaning)
{
    static char sentence[128];
    char digits[10];
    size_t count = 0;
    size_t len = strlen(meaning);
    for (at++; count == 0 || at > 0; at /= 10) {
        digits[count++] = (char)('0' + at % 10);
    }
    char *end = sentence;
    memcpy(end, "byte ", 5);
    end += 5;
    while (count > 0) {
        *end++ = digits[--count];
    }
    *end++ = ' ';
    size_t room = (size_t)(sentence + sizeof sentence - 1 - end);
    len = len < room ? len : room;
    memcpy(end, meaning, len);
    end[len] = '\0';
    return sentence;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Byte by byte, as in environment.c. */
static bool begins(migtask_view text, const char *with)
{
    size_t at = 0;
    while (at < text.len && with[at] != '\0' && text.ptr[at] == with[at]) {
        at++;
    }
    return with[at] == '\0';
}

/* In any case. */
static bool has(migtask_view text, const char *word, bool whole)
{
    size_t len = strlen(word);
    for (size_t at = 0; at + len <= text.len && (!whole || text.len == len); at++) {
        size_t same = 0;
        while (same < len && lower(text.ptr[at + same]) == word[same]) {
            same++;
        }
        if (same == len) {
            return true;
        }
    }
    return false;
}

/* "X-Subject-Token: MII...", "MIGTASK_TOKEN=MII...": the number of bytes before the token, 0 if it
 * does not begin so. The signs = at the end of base64 are none. */
static size_t named(migtask_view text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] != ':' && text.ptr[len] != '=') {
        len++;
    }
    migtask_view name = {text.ptr, len};
    if (len + 1 >= text.len || text.ptr[len + 1] == '=' || text.ptr[len + 1] == '\n') {
        return 0;
    }
    return has(name, "token", false) || has(name, "authorization", true) ? len + 1 : 0;
}

static const char *look_at_byte(migtask_view text, size_t at)
{
    migtask_view rest = {text.ptr + at, text.len - at};
    for (size_t i = 0; i < COUNT(strangers); i++) {
        if (begins(rest, strangers[i].bytes)) {
            return tell(at, strangers[i].meaning);
        }
    }
    return tell(at, rest.ptr[0] == '\0'                 ? "is NUL: this is no text"
                    : (unsigned char)rest.ptr[0] < 0x80 ? "is a control character"
                                                        : "is not ASCII");
}

const char *token_check(migtask_view text)
{
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        if (begins(text, beginnings[i].bytes)) {
            return tell(0, beginnings[i].meaning);
        }
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        if (has(text, words[i], true)) {
            return tell(0, "begins a word that programs write where there is no token");
        }
    }
    if (named(text) > 0) {
        return tell(0, "begins a name: give its value, the token, alone");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '!' || text.ptr[i] > '~') {
            return look_at_byte(text, i);
        }
    }
    for (size_t i = 0; i < COUNT(endings); i++) {
        size_t len = strlen(endings[i].bytes);
        if (text.len >= len &&
            begins((migtask_view){text.ptr + text.len - len, len}, endings[i].bytes)) {
            return tell(text.len - len, endings[i].meaning);
        }
    }
    return NULL;
}
