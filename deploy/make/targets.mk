# Targets that start servers or install; the build itself is in the Makefile.

# The embedded development broker: a tool of the local stack, of no product program.
EMBEDDED_BROKER := $(BUILD)/bin/embedded-broker
programs: $(EMBEDDED_BROKER)
$(EMBEDDED_BROKER): $(BUILD)/deploy/local/embedded_broker.o
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# ThreadSanitizer has to see the threads of librdkafka.
ifeq ($(FLAVOUR),tsan)
TSAN_THREADS := $(BUILD)/tests/sanitizer/c11_threads.o
$(PROGRAM_BINS) $(UNIT_BINS) $(EMBEDDED_BROKER): $(TSAN_THREADS)
endif

deps: ## Install the Debian packages that are missing (as root or with sudo)
	@deploy/local/install

test: deps ## Everything: unit tests and system tests on real servers; TESTS='-k word' for pytest
	@tests/run_all unit system -- $(TESTS)

system: deps ## System tests alone, on real servers; TESTS='-k word' for pytest
	@tests/run_all system -- $(TESTS)

fault: deps ## System tests of crashes and outages alone
	@tests/run_all system -- -k 'crashes or outages'

asan: deps ## All tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@tests/run_all --flavour asan unit system -- $(TESTS)

tsan: deps ## All tests with ThreadSanitizer
	@tests/run_all --flavour tsan unit system -- $(TESTS)

bench: deps ## Figures of this machine beside the goals; also build/bench.json; BENCH='--only …'
	@$(MAKE) --no-print-directory all
	@tests/bench/run $(BENCH)

$(BUILD)/bench/auth_cost: $(BUILD)/tests/bench/auth_cost.o $(BUILD)/libingestor.a $(LIB_COMMON)
	@mkdir -p $(@D)
	@$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

.PHONY: bench-auth
bench-auth: ## CPU time of verifying a token by algorithm, and of a hit in the cache of tokens
	@$(MAKE) --no-print-directory FLAVOUR=release build/release/bench/auth_cost
	@build/release/bench/auth_cost

run: ## Servers, programs and 50 simulated vehicles until Ctrl-C; DURATION=20 ends it after 20 s
	@deploy/local/run

stop: ## End what a crashed `make run` left behind
	@deploy/local/run --stop

install: all ## Install programs, contracts and sample configuration (PREFIX, DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/tidegate/contracts
	install -m 755 bin/ingestor $(DESTDIR)$(PREFIX)/bin/tidegate-ingestor
	install -m 755 bin/worker $(DESTDIR)$(PREFIX)/bin/tidegate-worker
	install -m 755 bin/loadtest $(DESTDIR)$(PREFIX)/bin/tidegate-loadtest
	install -m 644 config/contracts/*.json $(DESTDIR)$(PREFIX)/share/tidegate/contracts/
	install -m 644 config/*.yaml $(DESTDIR)$(PREFIX)/share/tidegate/

-include deploy/make/quality.mk
