/*
 * The values of the keyword "format" that a contract may use; all of them are asserted.
 */
#ifndef TIDEGATE_CONTRACT_FORMAT_H
#define TIDEGATE_CONTRACT_FORMAT_H

#include <stdbool.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

enum format {
    FORMAT_NONE,
    FORMAT_DATE_TIME, /* RFC 3339 */
    FORMAT_DATE,      /* RFC 3339 full-date */
    FORMAT_UUID,      /* RFC 9562, canonical form, either case */
    FORMAT_IPV4,
    FORMAT_IPV6,
    FORMAT_EMAIL,    /* RFC 5321 mailbox with a dot-atom and a host name */
    FORMAT_URI,      /* RFC 3986, with a scheme */
    FORMAT_HOSTNAME, /* RFC 1123 */
    FORMAT_COUNT
};

/* FORMAT_NONE when there is none of that name. */
enum format format_find(const char *name);
const char *format_name(enum format f);
/* Pure; any thread. */
bool format_matches(enum format f, struct str s) MUST_CHECK;

#endif
