# Copyright (C) s3edge authors
# SPDX-License-Identifier: Apache-2.0

BUILD ?= release
PREFIX ?= /usr/local
CC = gcc
MODULES_DIR ?= /usr/lib/nginx/modules
VERSION := 0.1.0

top := $(CURDIR)
out := build/$(BUILD)

# objects in shared memory have a sum, and free chunks are written over
mem_check := -DS3_MEM_CHECK=1

# what a build is
flags_release := -O2 -g
flags_debug := -O0 -g3 $(mem_check)
flags_coverage := -O0 -g --coverage
flags_sanitize := -O1 -g -fno-omit-frame-pointer $(mem_check)
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all

ifeq ($(flags_$(BUILD)),)
    $(error BUILD is "$(BUILD)": one of release, debug, sanitize, coverage)
endif

ifeq ($(BUILD),sanitize)
    CC = clang
    flags_sanitize += $(sanitize)
endif

warn := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wwrite-strings -Wpointer-arith -Wvla \
    -Wdeclaration-after-statement -Wformat=2

# the rooms of pure C
s3_dirs := $(addprefix ngx_s3edge_module/,s3 mem shm)
s3_src := $(wildcard $(s3_dirs:%=%/*.c))
s3_hdr := $(wildcard $(s3_dirs:%=%/*.h))
module_src := $(wildcard ngx_s3edge_module/*.c) $(s3_src)
module_hdr := $(wildcard ngx_s3edge_module/*.h) $(s3_hdr)
ctl_main := $(wildcard ctl/s3edged.c ctl/s3edgectl.c)
ctl_src := $(filter-out $(ctl_main),$(wildcard ctl/*.c ctl/*/*.c))
unit_main := $(wildcard t/unit/test_*.c)
unit_src := $(filter-out $(unit_main),$(wildcard t/unit/*.c))
migrations := $(wildcard ctl/migrations/*.sql)

pkgs := jansson yaml-0.1 sqlite3 libmicrohttpd libcurl libcares expat \
    libcrypto libssl
pkg_cflags = $(shell pkg-config --cflags $(pkgs))
pkg_libs = $(shell pkg-config --libs $(pkgs)) -lpthread

cppflags := $(s3_dirs:%=-I%) -Ictl -D_DEFAULT_SOURCE \
    -DS3EDGE_VERSION='"$(VERSION)"' \
    -DS3EDGE_DATA_DIR='"$(PREFIX)/share/s3edge"' \
    -DS3EDGE_MODULE_PATH='"$(MODULES_DIR)/ngx_s3edge_module.so"'
cflags := -std=c11 $(flags_$(BUILD)) -fstack-protector-strong $(warn)
banned := $(wildcard ctl/base/banned.h)
ctl_flags = $(addprefix -include ,$(banned)) $(pkg_cflags)
s3_flags := -Wconversion

ifeq ($(BUILD),release)
    cppflags += -D_FORTIFY_SOURCE=2
endif

# what a build lacks on this machine is said before it begins

goals := $(if $(filter-out sanitize,$(BUILD)),$(or $(MAKECMDGOALS),all))
needs := $(if $(filter all module install,$(goals)),module) \
    $(if $(filter all ctl unit install,$(goals)),ctl)

ifneq ($(strip $(needs)),)
    lacks := $(shell CC=$(CC) tools/deps lacks $(needs))

    ifneq ($(strip $(lacks)),)
        $(error missing to build: $(lacks).  On Debian 12 or later, \
	    "make deps" installs these, as root)
    endif
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

.DEFAULT_GOAL := all

.PHONY: help
help:  ## list the targets
	@echo 'make [BUILD=release|debug|sanitize|coverage] TARGET ...'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' Makefile \
	    | while read -r target text; do \
		printf '  %-14s %s\n' "$$target" "$$text"; \
	    done


# ---- everything that is built

.PHONY: all module ctl unit web try-web snippets deps deps-web deps-test
all: module ctl snippets try-web  ## module and programs (the default)

deps:  ## install the packages that a build lacks
	@tools/deps build

deps-web:  ## npm, which brings Swagger UI
	@tools/deps web

deps-test:  ## the same, and what tests and checks need
	@tools/deps build web test check


# NAME: a file that is written anew when the variable changes, and only then

define stamp
ifneq ($$(strip $$($(1))),$$(file <$(out)/.$(1)))
    $$(shell mkdir -p $(out))
    $$(file >$(out)/.$(1),$$(strip $$($(1))))
endif
endef

flags := $(CC) $(cflags) $(cppflags) $(banned)
module_files := $(sort $(module_src) $(module_hdr))

$(eval $(call stamp,flags))
$(eval $(call stamp,module_files))


# the module, with nginx's own build against nginx-dev (or statically)

module: $(out)/module  ## the nginx module, ngx_s3edge_module.so

ifeq ($(BUILD),sanitize)

# ASan has to be in the binary, so nginx is built too, from Debian's source.
# nginx's own code needs the three exceptions (null with length 0, unaligned
# words); pure C is held to all of UBSan by the unit tests.

nginx_cflags := $(flags_sanitize) -fno-sanitize=nonnull-attribute \
    -fno-sanitize=alignment,pointer-overflow \
    -DNGX_DEBUG_PALLOC=1 -DNGX_SUPPRESS_WARN=1
nginx_src := build/nginx-src/nginx
nginx := $(top)/$(out)/nginx/nginx
test_globals :=

$(nginx_src)/configure:
	@tools/deps sanitize
	@tools/nginx-source $$(. /etc/os-release; echo $$VERSION_CODENAME) \
	    build/nginx-src

$(out)/nginx/Makefile: config $(out)/.module_files tools/nginx-configure \
    | $(nginx_src)/configure
	@CC=$(CC) flock $(out) tools/nginx-configure $(nginx_src) \
	    $(out)/nginx static "$(nginx_cflags)" "$(sanitize)"

$(out)/nginx/nginx: $(out)/nginx/Makefile $(module_src) $(module_hdr)
	@flock $(out) $(MAKE) -s --no-print-directory -C $(nginx_src) \
	    -f $(top)/$(out)/nginx/Makefile binary
	@echo '  NGINX  $@'

.PHONY: $(out)/module
$(out)/module: $(out)/nginx/nginx

else

nginx_src := /usr/share/nginx/src
nginx := /usr/sbin/nginx
test_globals := load_module $(top)/$(out)/ngx_s3edge_module.so;

$(out)/nginx/Makefile: config $(out)/.module_files tools/nginx-configure \
    $(wildcard $(nginx_src)/conf_flags)
	@CC=$(CC) flock $(out) tools/nginx-configure $(nginx_src) \
	    $(out)/nginx dynamic "$(flags_$(BUILD))" \
	    "$(filter --coverage,$(flags_$(BUILD)))"

$(out)/ngx_s3edge_module.so: $(out)/nginx/Makefile $(module_src) $(module_hdr)
	@flock $(out) $(MAKE) -s --no-print-directory -C $(nginx_src) \
	    -f $(top)/$(out)/nginx/Makefile modules
	@cp $(out)/nginx/ngx_s3edge_module.so $@.tmp && mv $@.tmp $@
	@echo '  MODULE $@'

.PHONY: $(out)/module
$(out)/module: $(out)/ngx_s3edge_module.so

endif


# objects: pure C and ctl/, once plain and once for the unit tests

obj := $(out)/obj
gen := $(out)/gen
gen_src := $(if $(wildcard ctl/api/openapi.json),$(gen)/openapi_json.c)
gen_src += $(foreach m,$(migrations),$(gen)/migration_$(firstword \
    $(subst _, ,$(notdir $(m)))).c)

s3_obj := $(s3_src:%.c=$(obj)/%.o)
ctl_obj := $(ctl_src:%.c=$(obj)/%.o) \
    $(patsubst $(gen)/%.c,$(obj)/gen/%.o,$(gen_src))

compile = @mkdir -p $(@D); echo '  CC     $<'; \
    $(CC) $(cflags) $(cppflags) -MMD -MP -c -o $@ $<

$(obj)/ngx_s3edge_module/%.o: ngx_s3edge_module/%.c $(out)/.flags
	$(compile) $(s3_flags)

$(obj)/ctl/%.o: ctl/%.c $(out)/.flags
	$(compile) $(ctl_flags)

$(obj)/gen/%.o: $(gen)/%.c $(out)/.flags
	$(compile)

$(gen)/openapi_json.c: ctl/api/openapi.json tools/embed
	@mkdir -p $(@D)
	@tools/embed openapi_json $< > $@

define migration
$(gen)/migration_$(firstword $(subst _, ,$(notdir $(1)))).c: $(1) tools/embed
	@mkdir -p $$(@D)
	@tools/embed $$(basename $$(@F)) $$< > $$@
endef
$(foreach m,$(migrations),$(eval $(call migration,$(m))))

$(obj)/libs3.a: $(s3_obj)
$(obj)/libctl.a: $(ctl_obj)
%.a:
	@rm -f $@; $(AR) crs $@ $^

ctl: $(ctl_main:ctl/%.c=$(out)/%) $(obj)/libctl.a  ## s3edged and s3edgectl

$(out)/s3edged $(out)/s3edgectl: $(out)/%: $(obj)/ctl/%.o $(obj)/libctl.a \
    $(obj)/libs3.a
	@echo '  LINK   $@'
	@$(CC) $(cflags) -o $@ $^ -Wl,--as-needed -Wl,-z,relro,-z,now $(pkg_libs)


# unit tests: always under sanitizers, one program per t/unit/test_*.c

unit_obj := $(out)/unit/obj
unit_bin := $(unit_main:t/unit/%.c=$(out)/unit/%)
unit_flags := -std=c11 -O1 -g -fno-omit-frame-pointer $(sanitize) $(warn) \
    $(mem_check)

ifeq ($(BUILD),coverage)
    unit_flags += --coverage
endif

unit_compile = @mkdir -p $(@D); echo '  CC     $< (unit)'; \
    $(CC) $(unit_flags) $(cppflags) -U_FORTIFY_SOURCE -It/unit -MMD -MP \
    -c -o $@ $<

$(unit_obj)/ctl/%.o: ctl/%.c $(out)/.flags
	$(unit_compile) $(ctl_flags)

$(unit_obj)/%.o: %.c $(out)/.flags
	$(unit_compile) $(pkg_cflags)

$(unit_obj)/gen/%.o: $(gen)/%.c $(out)/.flags
	$(unit_compile)

$(unit_obj)/libs3.a: $(s3_src:%.c=$(unit_obj)/%.o)
$(unit_obj)/libctl.a: $(ctl_src:%.c=$(unit_obj)/%.o) \
    $(patsubst $(gen)/%.c,$(unit_obj)/gen/%.o,$(gen_src))

unit_help := $(unit_src:%.c=$(unit_obj)/%.o)
unit_link = @echo '  LINK   $@'; \
    $(CC) $(unit_flags) -o $@ $^ -lcmocka $(pkg_libs)

$(out)/unit/test_s3_%: $(unit_obj)/t/unit/test_s3_%.o $(unit_help) \
    $(unit_obj)/libs3.a
	$(unit_link)

$(out)/unit/test_%: $(unit_obj)/t/unit/test_%.o $(unit_help) \
    $(unit_obj)/libctl.a $(unit_obj)/libs3.a
	$(unit_link)

unit: $(unit_bin)  ## the unit test programs


# Swagger UI: the pinned package from npm, and the page of ours around it

share := $(out)/share
swagger := build/web/node_modules/swagger-ui-dist
swagger_take := swagger-ui.css swagger-ui-bundle.js favicon-32x32.png \
    LICENSE NOTICE
swagger_own := ctl/web/swagger.html ctl/web/swagger-init.js

# npm ci, as the lock file of that folder has it

define npm
build/$(1)/.done: $(2)/package.json $(2)/package-lock.json
	@mkdir -p build/$(1) && cp $$^ build/$(1)
	@echo '  NPM    build/$(1)'
	@cd build/$(1) && npm ci --ignore-scripts --no-audit --no-fund \
	    --loglevel=error
	@touch $$@
endef

$(eval $(call npm,web,ctl/web))
$(eval $(call npm,clients,t/clients))

$(share)/swagger-ui/.done: build/web/.done $(swagger_own)
	@mkdir -p $(@D)
	@cp $(addprefix $(swagger)/,$(swagger_take)) $(swagger_own) $(@D)
	@touch $@

# what s3edged looks for in "share" beside itself, or where it is installed

snippets := $(wildcard nginx-conf/*.conf)

$(share)/%.conf: nginx-conf/%.conf
	@mkdir -p $(@D)
	@cp $< $@

snippets: $(snippets:nginx-conf/%=$(share)/%)

web: $(share)/swagger-ui/.done  ## Swagger UI, with npm

# s3edged works without it, and says where the page would be

no_swagger := Swagger UI is left out: that takes npm, "make deps-web"

try-web: | module ctl snippets
	@if command -v npm >/dev/null; then \
	    $(MAKE) -s --no-print-directory web || true; \
	fi
	@test -e $(share)/swagger-ui/.done || echo '$(no_swagger)'


.PHONY: docs
docs:  ## write the tables of counters in docs/ as s3_stats.h has them
	@tools/doc-counters


# ---- tests

# TESTS="t/a.t ..." runs those alone; TEST_JOBS=1 one after the other
TEST_JOBS ?= 2
TESTS ?= $(unit_bin) $(wildcard t/*.t t/*/*.t)

test_env = S3EDGE_BUILD=$(top)/$(out) S3EDGE_TOP=$(top) \
    CMOCKA_MESSAGE_OUTPUT=TAP \
    TEST_NGINX_BINARY=$(nginx) \
    TEST_NGINX_GLOBALS='$(test_globals)'"$$(test $$(id -u) -eq 0 \
	&& echo ' user root;')" \
    PERL5LIB=$(top)/t/lib \
    ASAN_OPTIONS=detect_odr_violation=0:$$ASAN_OPTIONS \
    LSAN_OPTIONS=$(addprefix suppressions=$(top)/,$(wildcard t/lsan.supp))

.PHONY: clients
clients: build/clients/.done  ## S3 clients from npm that the tests use

.PHONY: test run-test prove full-test compat
test: deps-test  ## build and run the unit tests and t/*.t
	@$(MAKE) --no-print-directory run-test

run-test: module ctl unit snippets web clients
	@$(MAKE) --no-print-directory prove

prove:
	@$(test_env) prove -j$(TEST_JOBS) $(PROVE_FLAGS) $(TESTS)

full-test: check test  ## check, test, test under sanitizers, compat
	@$(MAKE) --no-print-directory BUILD=sanitize test
	@$(MAKE) --no-print-directory compat

.PHONY: cover
cover:  ## run the tests with BUILD=coverage, and count executed lines
	@$(MAKE) --no-print-directory BUILD=coverage test
	@tools/cover build/coverage

compat:  ## the module's tests with nginx of bookworm, trixie and sid
	@tools/compat


.PHONY: docker-test
docker-test:  ## the Dockerfile's steps in plain Debian roots, and a request
	@docker/rootfs-test


# ---- demo

.PHONY: demo
demo:  ## an S3 object through s3edge: MISS, HIT (DEMO_EXIT=1: then stop)
	@tools/deps build demo
	@$(MAKE) --no-print-directory all
	@tools/demo $(out)


# ---- fuzzing: t/fuzz/fuzz_NAME.c has LLVMFuzzerTestOneInput(), its corpus is
# t/fuzz/corpus/fuzz_NAME, and t/fuzz/main.c replays files without libFuzzer

FUZZ_TIME ?= 60
fuzz_main := $(wildcard t/fuzz/fuzz_*.c)
fuzz_name := $(fuzz_main:t/fuzz/%.c=%)

# what fuzzers share with unit tests
fuzz_help := t/unit/crowd.o t/unit/crowd_act.o

$(out)/fuzz/%: $(unit_obj)/t/fuzz/%.o $(unit_obj)/t/fuzz/main.o \
    $(fuzz_help:%=$(unit_obj)/%) $(unit_obj)/libctl.a $(unit_obj)/libs3.a
	@mkdir -p $(@D)
	$(unit_link)

fuzz_obj := build/fuzz/obj
fuzz_cc := clang -std=c11 -O1 -g -fsanitize=address,undefined \
    -fno-sanitize-recover=all $(mem_check) $(cppflags) -It/unit

$(fuzz_obj)/%.o: %.c
	@mkdir -p $(@D); echo '  CC     $< (fuzz)'
	@$(fuzz_cc) $(pkg_cflags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(fuzz_obj)/gen/%.o: $(gen)/%.c
	@mkdir -p $(@D)
	@$(fuzz_cc) -fsanitize=fuzzer-no-link -c -o $@ $<

$(fuzz_obj)/libs3.a: $(s3_src:%.c=$(fuzz_obj)/%.o)
$(fuzz_obj)/libctl.a: $(ctl_src:%.c=$(fuzz_obj)/%.o) \
    $(patsubst $(gen)/%.c,$(fuzz_obj)/gen/%.o,$(gen_src))

build/fuzz/%: $(fuzz_obj)/t/fuzz/%.o $(fuzz_help:%=$(fuzz_obj)/%) \
    $(fuzz_obj)/libctl.a $(fuzz_obj)/libs3.a
	@echo '  LINK   $@'
	@$(fuzz_cc) -fsanitize=fuzzer -o $@ $^ $(pkg_libs)

.PHONY: fuzz fuzz-replay
fuzz: $(fuzz_name:%=build/fuzz/%)  ## each fuzzer for FUZZ_TIME=60 s
	@for name in $(fuzz_name); do \
	    echo "fuzz: $$name"; mkdir -p build/fuzz/corpus/$$name; \
	    build/fuzz/$$name -max_total_time=$(FUZZ_TIME) -timeout=5 \
		-print_final_stats=1 -verbosity=0 \
		$$(test -f t/fuzz/$$name.dict && echo -dict=t/fuzz/$$name.dict) \
		-artifact_prefix=build/fuzz/$$name- build/fuzz/corpus/$$name \
		t/fuzz/corpus/$$name || exit 1; \
	done

fuzz-replay: $(fuzz_name:%=$(out)/fuzz/%)  ## past finds of the fuzzers
	@for name in $(fuzz_name); do \
	    $(out)/fuzz/$$name t/fuzz/corpus/$$name/* || exit 1; \
	done


# ---- benchmarks

$(out)/bench/sign: bench/sign.c $(obj)/libs3.a $(out)/.flags
	@mkdir -p $(@D); echo '  CC     $<'
	@$(CC) $(cflags) $(cppflags) -o $@ $< $(obj)/libs3.a -lcrypto

load_src := bench/load.c bench/keys.c bench/histogram.c

$(out)/bench/load: $(load_src) bench/keys.h bench/histogram.h $(out)/.flags
	@mkdir -p $(@D); echo '  CC     $<'
	@$(CC) $(cflags) $(cppflags) -o $@ $(load_src) -lm

.PHONY: bench bench-before bench-sign bench-hit bench-purge
bench: $(out)/bench/floor
bench: module $(out)/bench/load  ## s3edge and other caches (BENCH_MINUTES=10)
	@tools/deps bench
	@bench/compare -v -o bench/results $(out)

$(out)/bench/hitratio: bench/hitratio.c bench/policies.c bench/policies.h \
    $(obj)/libs3.a $(out)/.flags
	@mkdir -p $(@D); echo '  CC     $<'
	@$(CC) $(cflags) $(cppflags) -o $@ $(filter %.c,$^) $(obj)/libs3.a -lm

.PHONY: bench-hitratio

$(out)/bench/churn: bench/churn.c bench/object.h $(out)/.flags
	@mkdir -p $(@D); echo '  CC     $<'
	@$(CC) $(cflags) $(cppflags) -o $@ $<

$(out)/bench/origin $(out)/bench/floor: $(out)/bench/%: bench/%.c \
    bench/server.c bench/server.h bench/object.h $(out)/.flags
	@mkdir -p $(@D); echo '  CC     $<'
	@$(CC) $(cflags) $(cppflags) -o $@ $< bench/server.c

.PHONY: churn
bench-sign: $(out)/bench/sign  ## a signature's CPU time, against OpenSSL's
	@$< 0.4

bench-hit: module $(out)/bench/load  ## a hit's CPU time, against proxy_cache
	@bench/hit $(out)

# BEFORE=DIR: a checkout of another commit, after "make" there
bench-before: module $(out)/bench/load  ## a request's, against BEFORE's
	@bench/before $(BEFORE) $(out)

bench-hitratio: $(out)/bench/hitratio  ## hits in memory, beside LRU
	@$<

bench-purge: module $(out)/bench/load  ## a purge's, by entries in the cache
	@bench/purge $(out)

# a day's worth is 20000000
CHURN_REQUESTS ?= 200000

churn: module $(out)/bench/churn $(out)/bench/origin  ## a day of shared memory
	@ASAN_OPTIONS=detect_odr_violation=0:$$ASAN_OPTIONS \
	    bench/churn $(out) $(nginx) '$(test_globals)' $(CHURN_REQUESTS)


# ---- checks: no network, no program started but compilers and our own

checks := check-style check-deps check-headers check-no-cache check-cppcheck \
    fuzz-replay

.PHONY: check $(checks)
check: $(checks)  ## every check-*, fuzz-replay and git diff --check
	@git diff --check
	@git diff --check --cached
	@echo 'check: ok'

check-style:  ## house style of every file
	@tools/check-style

check-deps:  ## no include cycle, layers kept, also by what is called
	@tools/check-deps

ctl_hdr := $(filter-out $(banned),$(wildcard ctl/*.h ctl/*/*.h))

# with the compiler line that nginx's build would use
nginx_cc = cd $(nginx_src) && $(CC) -fsyntax-only -Wall -Werror \
    $$(sed -n '/^ALL_INCS/,/[^\\]$$/{s/^ALL_INCS =//;s/\\$$//;p}' \
	$(top)/$(out)/nginx/Makefile) -I$(top)/ngx_s3edge_module \
    $(s3_dirs:%=-I$(top)/%)

check-headers: $(out)/nginx/Makefile  ## each header compiles alone
	@for h in $(s3_hdr) $(ctl_hdr); do \
	    echo "#include \"$$h\"" | $(CC) -x c -fsyntax-only -I. \
		$(cflags) $(cppflags) $(ctl_flags) - || exit 1; \
	done
	@for h in $(wildcard ngx_s3edge_module/*.h); do \
	    echo "#include \"$(top)/$$h\"" | ($(nginx_cc) -x c -) || exit 1; \
	done

check-no-cache: $(out)/nginx/Makefile  ## the module compiles without a cache
	@$(nginx_cc) -DNGX_HTTP_CACHE=0 \
	    $(addprefix $(top)/,$(filter-out $(s3_src),$(module_src)))

check-cppcheck:  ## cppcheck
	@mkdir -p build/cppcheck
	@cppcheck -q -j2 --std=c11 --language=c --error-exitcode=1 \
	    --cppcheck-build-dir=build/cppcheck --inline-suppr \
	    --enable=warning,performance,portability \
	    --suppressions-list=tools/cppcheck.supp \
	    $(s3_dirs:%=-I%) -Ingx_s3edge_module -Ictl \
	    $(filter -D%,$(cppflags)) \
	    ngx_s3edge_module $(if $(ctl_src),ctl)


# ---- installation

SYSCONF_DIR ?= /etc

dest_share = $(DESTDIR)$(PREFIX)/share/s3edge
dest_etc = $(DESTDIR)$(SYSCONF_DIR)/s3edge
dest_modules = $(DESTDIR)$(MODULES_DIR)

.PHONY: install uninstall clean
install: all  ## install below DESTDIR and PREFIX (BUILD=release, /usr/local)
	install -d $(dest_modules) $(dest_etc) $(dest_share) \
	    $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(out)/ngx_s3edge_module.so $(dest_modules)
	strip --strip-unneeded $(dest_modules)/ngx_s3edge_module.so
	install -s -m 755 $(out)/s3edged $(DESTDIR)$(PREFIX)/sbin
	install -s -m 755 $(out)/s3edgectl $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(snippets) $(dest_share)
	rm -rf $(dest_share)/swagger-ui
	test ! -e $(share)/swagger-ui/.done \
	    || install -D -m 644 -t $(dest_share)/swagger-ui \
		$(share)/swagger-ui/*
	sed 's,@PREFIX@,$(PREFIX),' dist/s3edged.service \
	    > $(dest_share)/s3edged.service
	install -m 644 LICENSE dist/s3edge.yaml $(dest_share)
	test -e $(dest_etc)/s3edge.yaml \
	    || install -m 600 dist/s3edge.yaml $(dest_etc)

uninstall:  ## remove what install installed; configuration and data stay
	rm -f $(dest_modules)/ngx_s3edge_module.so
	rm -f $(DESTDIR)$(PREFIX)/sbin/s3edged $(DESTDIR)$(PREFIX)/bin/s3edgectl
	rm -rf $(dest_share)

clean:  ## remove what was built
	rm -rf build


-include $(shell find $(obj) $(unit_obj) $(fuzz_obj) -name '*.d' 2>/dev/null)
