/*
 * From a table file to the program's struct and its conf_def array: each key is written once.
 *
 * worker/conf.def, one line a key, no include guard:
 *
 *   CONF(kafka, brokers, STRING, "localhost:9092", 1, 4096, NULL, "KAFKA_BROKERS", false,
 *        "Bootstrap brokers, host:port, comma separated.")
 *   CONF(flush, rows, INT, "50000", 1, 1000000, NULL, NULL, true, "Rows in one transaction.")
 *   CONF(log, level, CHOICE, "info", 0, 0, "debug|info|warn|error", NULL, true, "Lowest level.")
 *
 * worker/conf.h, the struct (int64_t flush_rows; char *kafka_brokers; ...):
 *
 *   #include "common/config/conf_table.h"
 *   struct worker_conf {
 *   #define CONF CONF_FIELD
 *   #include "worker/conf.def"
 *   #undef CONF
 *   };
 *   extern const struct conf_spec worker_conf_spec;
 *
 * worker/conf.c, the table:
 *
 *   #define CONF_STRUCT struct worker_conf
 *   static const struct conf_def defs[] = {
 *   #define CONF CONF_ENTRY
 *   #include "worker/conf.def"
 *   #undef CONF
 *   };
 *   const struct conf_spec worker_conf_spec = {"worker", defs, ARRAY_SIZE(defs), NULL, 0};
 *
 * Types: STRING SECRET INT BYTES DURATION REAL BOOL CHOICE (enum conf_type). Columns: section,
 * name, type, default text (NULL: required), min, max, choices, environment alias, reload, help.
 */
#ifndef TIDEGATE_CONFIG_CONF_TABLE_H
#define TIDEGATE_CONFIG_CONF_TABLE_H

#include <stddef.h>

#include "common/config/conf.h"

#define CONF_C_STRING char *
#define CONF_C_SECRET char *
#define CONF_C_CHOICE char *
#define CONF_C_INT int64_t
#define CONF_C_BYTES int64_t
#define CONF_C_DURATION int64_t
#define CONF_C_REAL double
#define CONF_C_BOOL bool

/* clang-format off: a declaration has no parentheses to break at */
#define CONF_FIELD(section, name, type, initial, min, max, choices, env, reload, help) \
    CONF_C_##type section##_##name;

#define CONF_ENTRY(section, name, type, initial, min, max, choices, env, reload, help) \
    {#section "." #name,                                                               \
     CONF_##type,                                                                      \
     initial,                                                                          \
     min,                                                                              \
     max,                                                                              \
     choices,                                                                          \
     env,                                                                              \
     reload,                                                                           \
     help,                                                                             \
     offsetof(CONF_STRUCT, section##_##name)},
/* clang-format on */

#endif
