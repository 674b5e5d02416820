/*
 * The subcommand run: puts target, fleet, ledger, load thread and follower together and waits for
 * the end. Thread: main, with signals blocked (signals_block). Blocks for the whole run.
 */
#ifndef TIDEGATE_LOADTEST_RUN_H
#define TIDEGATE_LOADTEST_RUN_H

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "loadtest/options.h"

/* 0, or -1 with e: unreachable, refused, ledger not written, or nothing was accepted at all. */
int run_load(const struct options_run *o, struct err *e) MUST_CHECK;

#endif
