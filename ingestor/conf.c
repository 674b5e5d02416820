#include "ingestor/conf.h"

#define CONF_STRUCT struct ingestor_conf

static const struct conf_def defs[] = {
#define CONF CONF_ENTRY
#include "ingestor/conf.def"
#undef CONF
};

static const char *const api_key_fields[API_KEY_FIELDS] = {
    [API_KEY_ID] = "id",           [API_KEY_SHA256] = "sha256",
    [API_KEY_TENANT] = "tenant",   [API_KEY_PERMISSIONS] = "permissions",
    [API_KEY_DEVICES] = "devices",
};

static const struct conf_list_def lists[INGESTOR_LISTS] = {
    [INGESTOR_LIST_API_KEYS] = {"api_keys", api_key_fields, API_KEY_FIELDS,
                                "Credentials: id, sha256 (hex, of the secret part), tenant, "
                                "permissions (space separated), devices (patterns, space "
                                "separated, * and ?; without it every device). Made by `ingestor "
                                "key new`."},
};

const struct conf_spec ingestor_conf_spec = {"ingestor", defs, ARRAY_SIZE(defs), lists,
                                             INGESTOR_LISTS};

/* Without issuer and audience any token of a shared issuer would do (RFC 8725 section 3.8, 3.9). */
static int check_auth(const struct ingestor_conf *conf, struct err *e)
{
    const char *missing = conf->auth_issuer[0] == '\0'     ? "auth.issuer"
                          : conf->auth_audience[0] == '\0' ? "auth.audience"
                                                           : NULL;
    if (conf->auth_jwks[0] != '\0' && missing != NULL) {
        err_set(e, ERR_CONFIG,
                "%s must be set when auth.jwks is: a token is taken only from one "
                "issuer and for one audience",
                missing);
        return -1;
    }
    if (conf->auth_devices_required && conf->auth_devices_claim[0] == '\0') {
        err_set(e, ERR_CONFIG, "auth.devices_required needs auth.devices_claim");
        return -1;
    }
    return 0;
}

int ingestor_conf_check(const struct ingestor_conf *conf, struct err *e)
{
    if (conf->http_request_deadline <= conf->kafka_message_timeout) {
        err_set(e, ERR_CONFIG,
                "http.request_deadline (%lld ms) must be longer than kafka.message_timeout (%lld "
                "ms): else answers say unknown before Kafka could answer",
                (long long)conf->http_request_deadline, (long long)conf->kafka_message_timeout);
        return -1;
    }
    if (conf->http_max_event > conf->http_max_body) {
        err_set(e, ERR_CONFIG, "http.max_event must not be above http.max_body");
        return -1;
    }
    if (conf->http_max_body > conf->http_max_buffered) {
        err_set(e, ERR_CONFIG, "http.max_body must not be above http.max_buffered");
        return -1;
    }
    if (conf->http_max_body > conf->kafka_queue_bytes) {
        err_set(e, ERR_CONFIG, "http.max_body must not be above kafka.queue_bytes");
        return -1;
    }
    return check_auth(conf, e);
}
