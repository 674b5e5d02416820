#include "common/config/conf_mask.h"

/*
 * When in doubt more is hidden than needed: the password ends at the LAST '@' of the text, because
 * a person may have pasted one with '/' or '@' in it without percent-encoding.
 */

#include <string.h>
#include <strings.h>

#define SHOWN_DIGITS ((size_t)8) /* of a hash: enough to tell keys apart */

static const char hidden[] = "***";

/* Appends p..end with the value of password=… and sslpassword=… in the query hidden. */
static int add_query(const char *p, const char *end, struct buf *b)
{
    static const char word[] = "password=";
    while (p < end) {
        const char *hit = p;
        while (hit < end && ((size_t)(end - hit) < sizeof word - 1 ||
                             strncasecmp(hit, word, sizeof word - 1) != 0)) {
            hit++;
        }
        if (hit == end) {
            return buf_add(b, p, (size_t)(end - p));
        }
        hit += sizeof word - 1;
        if (buf_add(b, p, (size_t)(hit - p)) != 0 || buf_add(b, hidden, sizeof hidden - 1) != 0) {
            return -1;
        }
        for (p = hit; p < end && *p != '&'; p++) {
        }
    }
    return 0;
}

int conf_mask_url(const char *text, struct buf *b)
{
    const char *end = text + strlen(text);
    const char *scheme = strstr(text, "://");
    if (scheme == NULL) {
        return add_query(text, end, b);
    }
    const char *rest = scheme + 3;
    const char *at = strrchr(rest, '@');
    const char *colon = at == NULL ? NULL : memchr(rest, ':', (size_t)(at - rest));
    if (colon == NULL) {
        return add_query(text, end, b);
    }
    if (buf_add(b, text, (size_t)(colon + 1 - text)) != 0 ||
        buf_add(b, hidden, sizeof hidden - 1) != 0) {
        return -1;
    }
    return add_query(at, end, b);
}

int conf_mask_secret(const char *text, struct buf *b)
{
    if (text[0] == '\0') {
        return 0;
    }
    return strstr(text, "://") != NULL ? conf_mask_url(text, b)
                                       : buf_add(b, hidden, sizeof hidden - 1);
}

int conf_mask_field(const char *name, const char *text, struct buf *b)
{
    if (strstr(name, "sha256") != NULL || strstr(name, "hash") != NULL) {
        const size_t n = strlen(text);
        return n <= 2 * SHOWN_DIGITS ? buf_add(b, hidden, sizeof hidden - 1)
                                     : buf_addf(b, "%.*s...", (int)SHOWN_DIGITS, text);
    }
    if (strstr(name, "secret") != NULL || strstr(name, "password") != NULL ||
        strstr(name, "token") != NULL || strstr(name, "private") != NULL) {
        return conf_mask_secret(text, b);
    }
    return conf_mask_url(text, b);
}
