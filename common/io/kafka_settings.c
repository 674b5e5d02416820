#include "common/io/kafka_settings.h"

#include <string.h>

#include "common/base/str.h"

static struct str trim(struct str s)
{
    while (s.n > 0 && s.p[0] == ' ') {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && s.p[s.n - 1] == ' ') {
        s.n--;
    }
    return s;
}

static int copy(struct str s, char out[KAFKA_SETTING_MAX], struct err *e)
{
    if (s.n >= KAFKA_SETTING_MAX) {
        err_set(e, ERR_CONFIG, "Kafka setting \"%.32s…\": too long", s.p);
        return -1;
    }
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return 0;
}

static int take_one(struct str part, kafka_setting_fn take, void *arg, struct err *e)
{
    const char *eq = memchr(part.p, '=', part.n);
    if (eq == NULL || eq == part.p) {
        err_set(e, ERR_CONFIG, "Kafka setting \"%.*s\": expected key=value", (int)part.n, part.p);
        return -1;
    }
    char key[KAFKA_SETTING_MAX];
    char value[KAFKA_SETTING_MAX];
    size_t key_n = (size_t)(eq - part.p);
    if (copy(trim((struct str){part.p, key_n}), key, e) != 0 ||
        copy(trim((struct str){eq + 1, part.n - key_n - 1}), value, e) != 0) {
        return -1;
    }
    return take(arg, key, value, e);
}

int kafka_settings_each(const char *text, kafka_setting_fn take, void *arg, struct err *e)
{
    const char *at = text;
    while (*at != '\0') {
        size_t n = strcspn(at, ",");
        struct str part = trim((struct str){at, n});
        if (part.n > 0 && take_one(part, take, arg, e) != 0) {
            return -1;
        }
        at += n + (at[n] == ',' ? 1 : 0);
    }
    return 0;
}
