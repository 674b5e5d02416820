/*
 * `ingestor contract check FILE…` and `ingestor contract diff OLD NEW`: for people who write
 * contracts and for their CI. Thread: main, before anything else runs.
 */
#ifndef TIDEGATE_INGESTOR_CONTRACT_CLI_H
#define TIDEGATE_INGESTOR_CONTRACT_CLI_H

/* argv[0] is "contract". Results go to stdout, errors to stderr. Exit code of the program:
 * check: 0 all files compile and their top-level examples are valid, 2 not, or wrong usage;
 * diff: 0 same or compatible, 1 breaking, 2 a file does not compile, or wrong usage. */
int contract_cli(int argc, char **argv);

#endif
