/*
 * `ingestor key new --id ID --tenant T [--permissions "P …"]`: makes an API key, prints its text
 * once and the record for the configuration. Thread: main.
 */
#ifndef TIDEGATE_INGESTOR_KEY_CLI_H
#define TIDEGATE_INGESTOR_KEY_CLI_H

/* argv[0] is "key". Exit code of the program. */
int key_cli(int argc, char **argv);

#endif
