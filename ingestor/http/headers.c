#include "ingestor/http/headers.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    size_t n;
} FIELDS[HEADER_FIELDS] = {
#define FIELD(text)            \
    {                          \
        text, sizeof(text) - 1 \
    }
    [HEADER_CONTENT_LENGTH] = FIELD("Content-Length"),
    [HEADER_TRANSFER_ENCODING] = FIELD("Transfer-Encoding"),
    [HEADER_HOST] = FIELD("Host"),
    [HEADER_AUTHORIZATION] = FIELD("Authorization"),
    [HEADER_API_KEY] = FIELD("X-API-Key"),
    [HEADER_CONTENT_TYPE] = FIELD("Content-Type"),
    [HEADER_CONTENT_ENCODING] = FIELD("Content-Encoding"),
    [HEADER_EXPECT] = FIELD("Expect"),
    [HEADER_REQUEST_ID] = FIELD("X-Request-Id"),
#undef FIELD
};

/* tchar of RFC 9110 section 5.6.2 */
static const bool TOKEN[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1,
    ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1,  ['~'] = 1, ['0'] = 1,
    ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1,  ['7'] = 1, ['8'] = 1,
    ['9'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1,  ['f'] = 1, ['g'] = 1,
    ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1,  ['n'] = 1, ['o'] = 1,
    ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1,  ['v'] = 1, ['w'] = 1,
    ['x'] = 1, ['y'] = 1, ['z'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1,  ['D'] = 1, ['E'] = 1,
    ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1,  ['L'] = 1, ['M'] = 1,
    ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1,  ['T'] = 1, ['U'] = 1,
    ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
};

static bool is_token(struct str s)
{
    bool good = s.n > 0;
    for (size_t i = 0; i < s.n; i++) {
        good &= TOKEN[(unsigned char)s.p[i]];
    }
    return good;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* True when one of the eight bytes is below 0x20 or is 0x7f ("Bit Twiddling Hacks", hasless and
 * haszero: exact as to whether there is one). */
static bool has_control(uint64_t eight)
{
    uint64_t low = (eight - EACH_BYTE(0x20)) & ~eight;
    uint64_t del = eight ^ EACH_BYTE(0x7f);
    uint64_t is_del = (del - EACH_BYTE(1)) & ~del;
    return ((low | is_del) & EACH_BYTE(0x80)) != 0;
}

/* RFC 9110 section 5.5: no control bytes but the tab. */
static bool is_field_value(struct str s)
{
    size_t i = 0;
    for (uint64_t eight; s.n - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        if (has_control(eight)) {
            break; /* a tab, perhaps: byte by byte from here */
        }
    }
    bool bad = false;
    for (; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bad |= (c < 0x20 && c != '\t') || c == 0x7f;
    }
    return !bad;
}

static void fault(struct headers *h, const char *text)
{
    if (h->fault == NULL) {
        h->fault = text;
    }
}

/* Digits only: the library would also refuse "+5", but which forms it takes is its business. */
static void read_length(struct headers *h, struct str value)
{
    int64_t length = 0;
    if (value.n == 0 || value.n > 18) {
        fault(h, "Content-Length is not a number");
        return;
    }
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') {
            fault(h, "Content-Length is not a number");
            return;
        }
        length = length * 10 + (value.p[i] - '0');
    }
    h->content_length = length;
}

void headers_begin(struct headers *h)
{
    *h = (struct headers){.content_length = HEADERS_NO_LENGTH};
}

static void keep(struct headers *h, enum header_field f, struct str value)
{
    if (headers_has(h, f)) {
        fault(h, f == HEADER_CONTENT_LENGTH ? "two Content-Length fields"
                                            : "a field that may occur once occurs twice");
        return;
    }
    h->values[f] = value;
    if (f == HEADER_CONTENT_LENGTH) {
        read_length(h, value);
    }
}

void headers_add(struct headers *h, struct str name, struct str value)
{
    if (!is_token(name)) {
        fault(h, "a field name is no token");
        return;
    }
    if (!is_field_value(value)) {
        fault(h, "a field value has a control byte");
        return;
    }
    if (value.p == NULL) {
        value.p = "";
    }
    for (size_t f = 0; f < HEADER_FIELDS; f++) {
        if (name.n == FIELDS[f].n && strncasecmp(name.p, FIELDS[f].name, name.n) == 0) {
            keep(h, (enum header_field)f, value);
            return;
        }
    }
}

void headers_end(struct headers *h, const char *version)
{
    bool modern = strcmp(version, "HTTP/1.1") == 0;
    if (!modern && strcmp(version, "HTTP/1.0") != 0) {
        fault(h, "the version is neither HTTP/1.1 nor HTTP/1.0");
    }
    if (modern && !headers_has(h, HEADER_HOST)) {
        fault(h, "Host is missing");
    }
    if (!headers_has(h, HEADER_TRANSFER_ENCODING)) {
        return;
    }
    struct str coding = h->values[HEADER_TRANSFER_ENCODING];
    if (headers_has(h, HEADER_CONTENT_LENGTH)) {
        fault(h, "Transfer-Encoding and Content-Length together");
    }
    if (!modern) {
        fault(h, "Transfer-Encoding with HTTP/1.0");
    }
    if (coding.n != strlen("chunked") || strncasecmp(coding.p, "chunked", coding.n) != 0) {
        fault(h, "Transfer-Encoding is not chunked");
    }
}

bool headers_body_may_exceed(const struct headers *h, int64_t limit)
{
    return headers_has(h, HEADER_TRANSFER_ENCODING) || h->content_length > limit;
}

bool headers_media_type(struct str value, const char *type)
{
    size_t n = 0;
    while (n < value.n && value.p[n] != ';') {
        n++;
    }
    while (n > 0 && (value.p[n - 1] == ' ' || value.p[n - 1] == '\t')) {
        n--;
    }
    return n == strlen(type) && strncasecmp(value.p, type, n) == 0;
}
