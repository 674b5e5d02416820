/*
 * Reference of the metrics of a program in Markdown (--help-metrics), from the same table that
 * counts them. The reference of the configuration is conf_help. Thread: any.
 */
#ifndef TIDEGATE_CONFIG_REFERENCE_H
#define TIDEGATE_CONFIG_REFERENCE_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/metrics.h"

/* Appends a heading with the program's name and a table. 0, or -1 when out's limit ends. */
int metrics_help(const char *program, const struct metric_def *defs, size_t n,
                 struct buf *out) MUST_CHECK;

/* Appends text as a cell of a Markdown table: '|' is escaped, a newline becomes a blank. */
int markdown_cell(struct buf *out, const char *text) MUST_CHECK;

#endif
