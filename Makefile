# Tidegate. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

FLAVOUR ?= release
BUILD := build/$(FLAVOUR)
VERSION := $(shell cat VERSION)
PREFIX ?= /usr/local
DESTDIR ?=
PYTHON ?= /usr/bin/python3

include deploy/make/packages.mk
include deploy/make/flags.mk

# --- sources: a folder is found by itself, no list to keep -------------------------------------
PROGRAMS := ingestor worker loadtest
sources = $(sort $(shell find $(1) -name '*.c' -o -name '*.cc' 2>/dev/null))
objects = $(patsubst %,$(BUILD)/%.o,$(basename $(1)))

COMMON_OBJECTS := $(call objects,$(call sources,common))
LIB_COMMON := $(BUILD)/libcommon.a
PROGRAM_BINS := $(foreach p,$(PROGRAMS),$(BUILD)/bin/$(p))

UNIT_SOURCES := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
UNIT_BINS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))

.PHONY: all dev test unit system lint format asan tsan bench fuzz run stop install clean help \
        programs unit-bins deps fault docs docs-check

all: ## Release build with hardened flags: bin/ingestor, bin/worker, bin/loadtest
	@$(MAKE) --no-print-directory FLAVOUR=release publish

dev: ## Debug build with -Werror under build/dev/bin
	@$(MAKE) --no-print-directory FLAVOUR=dev programs

programs: $(PROGRAM_BINS)

# bin/ holds copies of the release programs.
.PHONY: publish
publish: $(addprefix bin/,$(PROGRAMS))
bin/%: build/release/bin/%
	@mkdir -p bin
	@cp -f $< $@
build/release/bin/%: programs ;

# --- rules --------------------------------------------------------------------------------------
$(BUILD)/%.o: %.c | packages-check
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cc | packages-check
	@mkdir -p $(@D)
	@echo "  CXX     $<"
	@$(CXX) $(CXXFLAGS_ALL) -MMD -MP -c -o $@ $<

$(LIB_COMMON): $(COMMON_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

# Everything of a program but its main: what unit tests of that program link.
define program_rules
$(BUILD)/lib$(1).a: $(filter-out $(BUILD)/$(1)/main.o,$(call objects,$(call sources,$(1))))
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
$(BUILD)/bin/$(1): $(BUILD)/$(1)/main.o $(BUILD)/lib$(1).a $(LIB_COMMON)
	@mkdir -p $$(@D)
	@echo "  LINK    $$@"
	@$$(CXX) $$(LDFLAGS_ALL) -o $$@ $$^ $$(LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$(p))))

# A unit test links the library of the program in its path and common; symbols that it defines
# itself (fakes) win over the archives.
unit_libs = $(foreach p,$(PROGRAMS),$(if $(filter tests/unit/$(p)/%,$(1)),$(BUILD)/lib$(p).a)) $(LIB_COMMON)
define unit_rules
$(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(1)): $(BUILD)/$(basename $(1)).o $(call unit_libs,$(1))
	@mkdir -p $$(@D)
	@$$(CXX) $$(LDFLAGS_ALL) -o $$@ $$^ $$(LIBS) -lcmocka
endef
$(foreach t,$(UNIT_SOURCES),$(eval $(call unit_rules,$(t))))

unit-bins: $(UNIT_BINS)

unit: ## Unit tests (cmocka) of the dev build; UNIT_FLAVOUR=asan|tsan for another
	@$(MAKE) --no-print-directory FLAVOUR=$(or $(UNIT_FLAVOUR),dev) unit-bins
	@tests/unit/run build/$(or $(UNIT_FLAVOUR),dev)/unit

clean: ## Remove everything that was built
	rm -rf build bin

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14 | sort

include deploy/make/targets.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
