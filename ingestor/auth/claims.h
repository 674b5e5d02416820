/*
 * The claims of a token whose signature is already known to be good: judged by rules, turned into
 * a grant (RFC 7519 section 4.1; RFC 8725 sections 3.8 to 3.11). Thread: any. Pure: the time is an
 * argument.
 *
 * exp is required; exp, nbf, iat are numbers within the years 1 to 9999; iat is not in the future
 * nor behind exp; iss is exact; aud is a string or an array of strings with ours in it.
 *
 * The tenant is 1 to PRINCIPAL_TENANT_MAX of [A-Za-z0-9._-]: it becomes part of the Kafka key.
 * Permissions are the known names in scope, scp, permissions and the configured claim together,
 * each a string of names separated by spaces or an array of such strings; unknown names are
 * others' business and ignored.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_CLAIMS_H
#define TIDEGATE_INGESTOR_AUTH_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "ingestor/auth/grant.h"

#define CLAIMS_SUBJECT_MAX 255 /* bytes; OpenID Connect Core section 2, "sub" */

/* Each is also a metric label and a text: jwt_reason.def. */
enum jwt_reason {
#define JWT_REASON(id, name, text) id,
#include "ingestor/auth/jwt_reason.def"
#undef JWT_REASON
    JWT_REASONS
};

/* Label and text, never NULL. */
const char *jwt_reason_name(enum jwt_reason reason);
const char *jwt_reason_text(enum jwt_reason reason);

/* A claim is named by a member of the payload ("tenant", "https://example.com/tenant") or, when it
 * starts with a slash, by a JSON pointer into it ("/realm_access/roles"). */
struct claims_rules {
    const char *issuer;
    const char *audience;
    int64_t leeway_s;       /* how far clocks may differ; 0 to 300 */
    int64_t max_lifetime_s; /* exp minus iat (else nbf, else now) may be at most this; 0: any */
    const char *subject;    /* claim, "sub" */
    const char *tenant;     /* claim */
    const char *permission; /* further claim with permissions, or NULL */
    const char *devices;    /* claim with device patterns, or NULL: tokens are for every device */
    bool devices_required;  /* a token without the device claim is refused; else it has all */
};

/* JWT_OK with *grant (one reference, the caller's), or the first rule that was broken. */
enum jwt_reason claims_check(struct str payload, const struct claims_rules *rules, int64_t now_s,
                             struct grant **grant) MUST_CHECK;

#endif
