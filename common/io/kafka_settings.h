/*
 * Settings for librdkafka given by a person as one text: "key=value,key=value". Pure.
 */
#ifndef TIDEGATE_IO_KAFKA_SETTINGS_H
#define TIDEGATE_IO_KAFKA_SETTINGS_H

#include "common/base/compiler.h"
#include "common/base/err.h"

#define KAFKA_SETTING_MAX 512 /* bytes of a key or of a value, with terminator */

/* Takes one setting; 0, or -1 with e to end the walk. */
typedef int (*kafka_setting_fn)(void *arg, const char *key, const char *value, struct err *e);

/* Calls take for each setting of text in order. A value may hold "=" but no comma; spaces around
 * keys and values are dropped; empty parts are skipped. 0, or -1 with e (ERR_CONFIG). */
int kafka_settings_each(const char *text, kafka_setting_fn take, void *arg,
                        struct err *e) MUST_CHECK;

#endif
