# Compiler and linker flags by flavour: release, dev, asan, tsan, fuzz.
# Release: OpenSSF "Compiler Options Hardening Guide for C and C++" (2026-06-30), the part that gcc 12
# knows; options that only a newer compiler knows are probed.
CC := gcc
CXX := g++
AR := ar

WARNINGS := -Wall -Wextra -Wpedantic -Wformat=2 -Wconversion -Wsign-conversion -Wshadow -Wundef \
            -Wwrite-strings -Wcast-qual -Wswitch-enum -Wvla -Wimplicit-fallthrough \
            -Werror=format-security -Wno-missing-field-initializers
C_WARNINGS := -Wstrict-prototypes -Wmissing-prototypes -Werror=implicit \
              -Werror=incompatible-pointer-types -Werror=int-conversion

HARDENING := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection \
             -fstack-protector-strong -fPIE -fno-delete-null-pointer-checks -fno-strict-overflow \
             -fno-strict-aliasing -ftrivial-auto-var-init=zero
ifeq ($(shell uname -m),x86_64)
HARDENING += -fcf-protection=full
endif
HARDENED_LINK := -pie -Wl,-z,nodlopen -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now

ifeq ($(FLAVOUR),release)
  OPT := -O2 -g $(HARDENING)
  LINK := $(HARDENED_LINK)
else ifeq ($(FLAVOUR),dev)
  OPT := -O1 -g3 -Werror -fno-omit-frame-pointer
else ifeq ($(FLAVOUR),asan)
  OPT := -O1 -g3 -Werror -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
  LINK := -fsanitize=address,undefined
else ifeq ($(FLAVOUR),tsan)
  OPT := -O1 -g3 -Werror -fno-omit-frame-pointer -fsanitize=thread
  LINK := -fsanitize=thread
else ifeq ($(FLAVOUR),fuzz)
  # libFuzzer is clang's; its warnings are not looked at, gcc's are.
  CC := clang
  CXX := clang++
  OPT := -O1 -g -w -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
         -fno-sanitize-recover=all
  LINK := -fsanitize=fuzzer,address,undefined
else
  $(error unknown FLAVOUR '$(FLAVOUR)': release, dev, asan, tsan or fuzz)
endif

# Library headers come in as system headers: their warnings are not ours.
PACKAGE_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(LINKED) cmocka 2>/dev/null))
DEFINES := -D_GNU_SOURCE -DTIDEGATE_VERSION='"$(VERSION)"' -I.

CFLAGS_ALL = -std=c17 $(DEFINES) $(WARNINGS) $(C_WARNINGS) $(OPT) $(PACKAGE_CFLAGS) $(CFLAGS)
CXXFLAGS_ALL = -std=c++17 -fno-exceptions -fno-rtti $(DEFINES) $(WARNINGS) $(OPT) \
               $(PACKAGE_CFLAGS) $(CXXFLAGS)
LDFLAGS_ALL = $(LINK) -Wl,--as-needed $(LDFLAGS)
LIBS = $(shell $(PKG_CONFIG) --libs $(LINKED) 2>/dev/null) -lpthread -lm
