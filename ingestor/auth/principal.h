/*
 * Who asks and what they may do.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_PRINCIPAL_H
#define TIDEGATE_INGESTOR_AUTH_PRINCIPAL_H

#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

/* Permissions as bits of a set. */
enum permission {
    PERMISSION_EVENTS_WRITE = 1 << 0, /* events:write */
    PERMISSION_EVENTS_READ = 1 << 1,  /* events:read */
    PERMISSION_ADMIN = 1 << 2         /* admin */
};

#define PRINCIPAL_TENANT_MAX 64 /* bytes of a tenant's name */

struct principal {
    struct str id;        /* of the credential, for logs */
    struct str tenant;    /* first part of the Kafka key; [A-Za-z0-9._-] */
    unsigned permissions; /* set of enum permission */
    struct str devices;   /* patterns as device_scope.h takes them; p NULL: every device */
};

/* Space separated names ("events:write events:read") to a set. 0, or -1 with the offending name in
 * *unknown. Pure. */
int permissions_parse(const char *text, unsigned *set, struct str *unknown) MUST_CHECK;

/* The set of the known names among space separated ones; unknown names are ignored, as in a token
 * that speaks to other services too. Pure. */
unsigned permissions_known(struct str names);

/* The name of one permission, never NULL. */
const char *permission_name(enum permission p);

#endif
