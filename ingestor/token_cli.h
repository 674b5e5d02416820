/*
 * `ingestor token …`: signs a token. `ingestor jwks new …`: makes a key and its key set. For tests
 * and installations without an identity provider. Thread: main.
 */
#ifndef TIDEGATE_INGESTOR_TOKEN_CLI_H
#define TIDEGATE_INGESTOR_TOKEN_CLI_H

/* argv[0] is "token" or "jwks". Exit code of the program. */
int token_cli(int argc, char **argv);
int jwks_cli(int argc, char **argv);

#endif
