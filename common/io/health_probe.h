/*
 * One GET to the second port of a program on this machine: the health check of a container image
 * that has neither a shell nor curl, as `ingestor health` and `worker health`.
 */
#ifndef TIDEGATE_IO_HEALTH_PROBE_H
#define TIDEGATE_IO_HEALTH_PROBE_H

#include "common/base/compiler.h"
#include "common/base/err.h"

#define HEALTH_PROBE_TIMEOUT_MS 2000

/* listen: the program's admin.listen ("host:port"; all addresses mean loopback). path begins with a
 * slash. 0 when it answers 200, else -1 with e: status and body, or why there was no answer.
 * Blocks up to timeout_ms, and for the look-up when host is a name. Thread: any. */
int health_probe(const char *listen, const char *path, int timeout_ms, struct err *e) MUST_CHECK;

#endif
