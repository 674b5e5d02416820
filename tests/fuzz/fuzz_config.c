#include "tests/fuzz/fuzz.h"

/*
 * The configuration parser: YAML, environment, flags and single values from hostile bytes.
 * Refuse or start, no partial state; what was accepted is dumped, and the dump loads to the same
 * dump.
 */

#include <string.h>

#include "common/base/mem.h"
#include "common/config/conf_internal.h"
#include "common/config/conf_table.h"

#define WORDS_MAX 32

struct sample {
#define CONF CONF_FIELD
#include "tests/unit/common/config/sample.def"
#undef CONF
};

#define CONF_STRUCT struct sample
static const struct conf_def defs[] = {
#define CONF CONF_ENTRY
#include "tests/unit/common/config/sample.def"
#undef CONF
};
static const char *const fields[] = {"id", "name"};
static const struct conf_list_def lists[] = {{"api_keys", fields, 2, "Keys."}};
static const struct conf_spec spec = {"sample", defs, ARRAY_SIZE(defs), lists, 1};

/* After a refusal nothing may be left; after a start everything must be within its bounds. */
static void check_state(int rc, const struct sample *s, const struct conf_list *list,
                        const struct err *e)
{
    if (rc != 0) {
        FUZZ_CHECK(e->text[0] != '\0' && e->code != ERR_NONE);
        FUZZ_CHECK(s->http_listen == NULL && s->postgres_url == NULL && list->records == NULL);
        return;
    }
    FUZZ_CHECK(strlen(s->http_listen) >= 1 && strlen(s->http_listen) <= 64);
    FUZZ_CHECK(s->http_max_body >= 1024 && s->http_max_body <= 67108864);
    FUZZ_CHECK(s->kafka_linger_ms >= 0 && s->kafka_linger_ms <= 1000);
    FUZZ_CHECK(s->rate_limit_burst >= -10 && s->rate_limit_burst <= 10);
}

static int load(struct str text, struct sample *s, struct conf_list *list)
{
    struct err e = {0};
    *s = (struct sample){0};
    const int rc = conf_load_text(&spec, "t", text, s, list, &e);
    check_state(rc, s, list, &e);
    return rc;
}

static void fuzz_yaml(struct str text)
{
    struct sample s;
    struct conf_list list;
    if (load(text, &s, &list) != 0) {
        return;
    }
    /* Masking may lengthen a secret past its bound; that key is left out of the comparison. */
    FUZZ_CHECK(conf_value_set(&defs[conf_find(&spec, "postgres.url", 12)], &s, "", NULL) == 0);
    struct buf once;
    struct buf twice;
    buf_init(&once, 64U << 20);
    buf_init(&twice, 64U << 20);
    FUZZ_CHECK(conf_dump(&spec, &s, &list, &once) == 0);
    conf_release(&spec, &s, &list);
    /* So may it lengthen a URL in an ordinary text: then the dump is refused, not misread. */
    if (memmem(once.p, once.n, ":***", 4) == NULL && memmem(once.p, once.n, "=***", 4) == NULL) {
        FUZZ_CHECK(load((struct str){once.p, once.n}, &s, &list) == 0);
        FUZZ_CHECK(conf_dump(&spec, &s, &list, &twice) == 0);
        FUZZ_CHECK(once.n == twice.n && memcmp(once.p, twice.p, once.n) == 0);
        conf_release(&spec, &s, &list);
    }
    buf_release(&once);
    buf_release(&twice);
}

/* The lines of the input as environment and as command line. */
static void fuzz_words(char *text)
{
    char *words[WORDS_MAX + 1] = {0};
    int n = 0;
    char *rest = NULL;
    for (char *w = strtok_r(text, "\n", &rest); w != NULL && n < WORDS_MAX;
         w = strtok_r(NULL, "\n", &rest)) {
        words[n++] = w;
    }
    struct sample s = {0};
    bool set[ARRAY_SIZE(defs)] = {0};
    struct conf_target t = {&spec, &s, set};
    struct conf_list list = {0};
    struct err e = {0};
    if (conf_env_read(&t, words, &e) != 0) {
        FUZZ_CHECK(e.text[0] != '\0');
    }
    for (int at = 0; at < n;) {
        const int before = at;
        struct conf_flag flag;
        const int rc = conf_flag_next(&spec, n, words, &at, &flag, &e);
        FUZZ_CHECK(at <= n);
        if (rc == 1 && flag.def != CONF_NOT_FOUND) {
            FUZZ_CHECK(flag.def < ARRAY_SIZE(defs));
            (void)!conf_put(&t, flag.def, flag.value, "flag", &e);
        }
        FUZZ_CHECK(rc != 1 || at > before);
        at = at == before ? at + 1 : at;
    }
    conf_release(&spec, &s, &list);
}

static void fuzz_values(const char *text)
{
    static const enum conf_type types[] = {CONF_INT, CONF_BYTES, CONF_DURATION};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        int64_t v = 0;
        int64_t back = 0;
        if (conf_parse_int(types[i], text, INT64_MIN, INT64_MAX, &v, NULL) != 0) {
            continue;
        }
        struct buf b;
        buf_init(&b, 64);
        FUZZ_CHECK(conf_int_text(types[i], v, &b) == 0 && buf_add(&b, "", 1) == 0);
        /* Near the ends of int64 milliseconds do not fit into the parser's microseconds. */
        if (types[i] != CONF_DURATION || (v > INT64_MIN / 1000 && v < INT64_MAX / 1000)) {
            FUZZ_CHECK(conf_parse_int(types[i], b.p, INT64_MIN, INT64_MAX, &back, NULL) == 0);
            FUZZ_CHECK(back == v);
        }
        buf_release(&b);
    }
    double d = 0;
    if (conf_parse_real(text, -1e300, 1e300, &d, NULL) == 0) {
        FUZZ_CHECK(d >= -1e300 && d <= 1e300);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > CONF_FILE_MAX) {
        return 0;
    }
    fuzz_yaml((struct str){(const char *)data, n});
    char *text = mem_strndup((const char *)data, n);
    fuzz_values(text);
    fuzz_words(text);
    mem_free(text);
    return 0;
}
