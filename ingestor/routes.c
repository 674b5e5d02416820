#include "ingestor/routes.h"

#include "ingestor/auth/principal.h"
#include "ingestor/ingest/handler.h"
#include "ingestor/query/contracts.h"

static const struct route ROUTES[] = {
    {HTTP_POST, "/v1/events", "events", PERMISSION_EVENTS_WRITE, true, ingest_admit, ingest_handle,
     ingest_resume, "Take events of the default contract: one object, an array, or NDJSON."},
    {HTTP_POST, "/v1/events/{contract}", "events_contract", PERMISSION_EVENTS_WRITE, true,
     ingest_admit, ingest_handle, ingest_resume, "Take events of the contract named in the path."},
    {HTTP_GET, "/v1/contracts", "contracts", PERMISSION_EVENTS_READ, false, NULL, contracts_list,
     NULL, "List the contracts in force."},
    {HTTP_GET, "/v1/contracts/{name}", "contract", PERMISSION_EVENTS_READ, false, NULL,
     contracts_show, NULL, "The JSON Schema of one contract."},
};

const struct route *ingestor_routes(size_t *n)
{
    *n = ARRAY_SIZE(ROUTES);
    return ROUTES;
}
