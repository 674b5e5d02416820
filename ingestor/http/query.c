#include "ingestor/http/query.h"

#include <microhttpd.h>
#include <string.h>

int query_flag(struct request *req, const char *name, bool *value)
{
    const char *text = NULL;
    size_t n = 0;
    if (MHD_lookup_connection_value_n(req->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name),
                                      &text, &n) != MHD_YES) {
        return 0;
    }
    const struct str given = {text, n};
    if (str_eq(given, str_of("true"))) {
        *value = true;
        return 0;
    }
    if (str_eq(given, str_of("false"))) {
        *value = false;
        return 0;
    }
    return -1;
}
