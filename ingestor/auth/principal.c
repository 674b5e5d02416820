#include "ingestor/auth/principal.h"

#include <string.h>

static const struct {
    enum permission bit;
    const char *name;
} NAMES[] = {
    {PERMISSION_EVENTS_WRITE, "events:write"},
    {PERMISSION_EVENTS_READ, "events:read"},
    {PERMISSION_ADMIN, "admin"},
};

static int parse_one(struct str name, unsigned *set)
{
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        if (str_eq(name, str_of(NAMES[i].name))) {
            *set |= NAMES[i].bit;
            return 0;
        }
    }
    return -1;
}

int permissions_parse(const char *text, unsigned *set, struct str *unknown)
{
    *set = 0;
    const char *at = text + strspn(text, " ");
    while (*at != '\0') {
        const struct str name = {at, strcspn(at, " ")};
        if (parse_one(name, set) != 0) {
            *unknown = name;
            return -1;
        }
        at += name.n;
        at += strspn(at, " ");
    }
    return 0;
}

unsigned permissions_known(struct str names)
{
    unsigned set = 0;
    size_t at = 0;
    while (at < names.n) {
        const char *space = memchr(names.p + at, ' ', names.n - at);
        const size_t n = space == NULL ? names.n - at : (size_t)(space - names.p) - at;
        (void)parse_one((struct str){names.p + at, n}, &set);
        at += n + 1;
    }
    return set;
}

const char *permission_name(enum permission p)
{
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        if (NAMES[i].bit == p) {
            return NAMES[i].name;
        }
    }
    return "?";
}
