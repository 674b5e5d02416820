/*
 * Hiding secrets in what a person or a log gets to see. Pure; appends to b; 0, or -1 when b's limit
 * ends. Thread: any.
 */
#ifndef TIDEGATE_CONFIG_CONF_MASK_H
#define TIDEGATE_CONFIG_CONF_MASK_H

#include "common/base/buf.h"
#include "common/base/compiler.h"

/* The text with the password of a URL hidden: "postgres://user:***@host/db?sslpassword=***". */
int conf_mask_url(const char *text, struct buf *b) MUST_CHECK;

/* A secret: of a URL only the password is hidden, anything else wholly. "" stays "". */
int conf_mask_secret(const char *text, struct buf *b) MUST_CHECK;

/* A field of a list, judged by its name: hashes keep their first digits, secrets are hidden,
 * others are treated as conf_mask_url. */
int conf_mask_field(const char *name, const char *text, struct buf *b) MUST_CHECK;

#endif
