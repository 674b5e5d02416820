# Libraries by pkg-config, each with the Debian package that brings it.
PKG_CONFIG ?= pkg-config
LIBRARY_PACKAGES := \
    libmicrohttpd:libmicrohttpd-dev rdkafka:librdkafka-dev jansson:libjansson-dev libpq:libpq-dev \
    hiredis:libhiredis-dev libjwt:libjwt-dev cmocka:libcmocka-dev simdjson:libsimdjson-dev \
    libpcre2-8:libpcre2-dev libxxhash:libxxhash-dev libcrypto:libssl-dev libcyaml:libcyaml-dev \
    yaml-0.1:libyaml-dev libcurl:libcurl4-openssl-dev

LIBRARIES := $(foreach l,$(LIBRARY_PACKAGES),$(firstword $(subst :, ,$(l))))
LINKED := $(filter-out cmocka hiredis,$(LIBRARIES))

.PHONY: packages-check
packages-check:
	@command -v $(PKG_CONFIG) >/dev/null || { \
	  echo "pkg-config is missing: apt-get install pkg-config (or: deploy/local/install)" >&2; exit 1; }
	@for l in $(LIBRARY_PACKAGES); do \
	  $(PKG_CONFIG) --exists "$${l%%:*}" || { \
	    echo "library $${l%%:*} is missing: apt-get install $${l##*:} (or: deploy/local/install)" >&2; \
	    missing=1; }; done; test -z "$$missing"
