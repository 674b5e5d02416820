# Style, static analysis, generated references, fuzzing. `make lint` is what a change has to pass.

LINT_FLAGS = $(DEFINES) $(PACKAGE_CFLAGS)
C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.cc' '*.h')

.PHONY: format-check headers-check fuzz-bins fuzz-replay replay-bins

lint: ## Format, clang-tidy, cppcheck, include directions, sizes, banned calls, secrets
	@out=$$($(PYTHON) tests/lint/test_rules.py 2>&1) || { echo "$$out"; exit 1; }
	@$(PYTHON) deploy/lint/run -- $(LINT_FLAGS)

format: ## Rewrites the sources by .clang-format
	@$(or $(shell command -v clang-format-14),clang-format) -i $(C_FILES)

format-check: ## Only says which sources differ from .clang-format
	@$(PYTHON) deploy/lint/run --only format

headers-check: ## Every header compiles alone
	@$(PYTHON) deploy/lint/run --only headers -- $(LINT_FLAGS)

docs: all ## Writes docs/configuration.md and docs/metrics.md from the programs' tables
	@$(PYTHON) deploy/lint/reference write

docs-check: all ## Fails when they differ from the programs' tables
	@$(PYTHON) deploy/lint/reference check

# --- fuzzing ------------------------------------------------------------------------------------
# tests/fuzz/fuzz_<name>.c is one target, tests/fuzz/seeds/<name>/ its inputs. Every target may use
# every library of ours; an archive gives only what is asked for.
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LIBS := $(foreach p,$(PROGRAMS),$(if $(wildcard $(p)/*),$(BUILD)/lib$(p).a)) $(LIB_COMMON)
FUZZ_BINS := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(FUZZ_SOURCES))
REPLAY_BINS := $(patsubst tests/fuzz/%.c,$(BUILD)/replay/%,$(FUZZ_SOURCES))

$(FUZZ_BINS): $(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_LIBS)
	@echo "  LINK    $@"
	@$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
fuzz-bins: $(FUZZ_BINS)

$(REPLAY_BINS): $(BUILD)/replay/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay_main.o $(FUZZ_LIBS)
	@mkdir -p $(@D)
	@$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
replay-bins: $(REPLAY_BINS)

fuzz: ## libFuzzer with ASan and UBSan; TIME=60 seconds a target, TARGET=name for one
	@printf 'int main(void){return 0;}' | clang -x c -fsanitize=address,fuzzer-no-link - \
	  -o /dev/null 2>/dev/null || { echo "fuzz: apt-get install clang libclang-rt-dev" >&2; exit 1; }
	@$(MAKE) --no-print-directory FLAVOUR=fuzz fuzz-bins
	@tests/fuzz/run fuzz build/fuzz $(or $(TIME),60) $(TARGET)

fuzz-replay: ## The seeds of the fuzz targets, once, without clang; UNIT_FLAVOUR=asan|tsan
	@$(MAKE) --no-print-directory FLAVOUR=$(or $(UNIT_FLAVOUR),dev) replay-bins
	@tests/fuzz/run replay build/$(or $(UNIT_FLAVOUR),dev)/replay
