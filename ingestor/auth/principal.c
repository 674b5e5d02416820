#include "ingestor/auth/principal.h"

#include <string.h>

static const struct {
    enum permission bit;
    const char *name;
} NAMES[] = {
    {PERMISSION_EVENTS_WRITE, "events:write"},
    {PERMISSION_EVENTS_READ, "events:read"},
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

const char *permission_name(enum permission p)
{
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        if (NAMES[i].bit == p) {
            return NAMES[i].name;
        }
    }
    return "?";
}
