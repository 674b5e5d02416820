# Targets that start servers, check the style or install; the build itself is in the Makefile.

# The embedded development broker: a tool of the local stack, of no product program.
EMBEDDED_BROKER := $(BUILD)/bin/embedded-broker
programs: $(EMBEDDED_BROKER)
$(EMBEDDED_BROKER): $(BUILD)/deploy/local/embedded_broker.o
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(shell $(PKG_CONFIG) --libs rdkafka 2>/dev/null)

deps: ## Install the Debian packages that are missing (as root or with sudo)
	@deploy/local/install

install: all ## Install programs, contracts and sample configuration (PREFIX, DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/tidegate/contracts
	install -m 755 bin/ingestor $(DESTDIR)$(PREFIX)/bin/tidegate-ingestor
	install -m 755 bin/worker $(DESTDIR)$(PREFIX)/bin/tidegate-worker
	install -m 755 bin/loadtest $(DESTDIR)$(PREFIX)/bin/tidegate-loadtest
	install -m 644 config/contracts/*.json $(DESTDIR)$(PREFIX)/share/tidegate/contracts/
	install -m 644 config/*.yaml $(DESTDIR)$(PREFIX)/share/tidegate/
