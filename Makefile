# make help says what there is to make.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
FUZZ_RUNS ?= 500000

BINARY = .build/release/nsrun
# A launch lasts some milliseconds: what generic code of another module looks up at run time, and types by their names
# instead of by calls, it would feel. It also feels each piece of the program that the kernel has to map, some 3 us: what a
# launch runs stands together.
ORDER = $(CURDIR)/Sources/CStart/launch.order
RELEASE = -c release -Xswiftc -static-executable -Xswiftc -cross-module-optimization \
  -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
  -Xswiftc -Xfrontend -Xswiftc -function-sections -Xswiftc -use-ld=lld \
  -Xlinker '--symbol-ordering-file=$(ORDER)' -Xlinker --no-warn-symbol-ordering
BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man8
BASHDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISHDIR = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
# udev and systemd-networkd look here if PREFIX is /usr/local or /usr.
UDEVDIR = $(DESTDIR)$(PREFIX)/lib/udev/rules.d
NETWORKDIR = $(DESTDIR)$(PREFIX)/lib/systemd/network
SOURCES = Package.swift Sources Tests

.PHONY: build
build:
	@Tests/Support/install-packages build
	@# The linker's list is no source to SwiftPM.
	@[ ! '$(ORDER)' -nt $(BINARY) ] || rm -f $(BINARY)
	$(SWIFT) build $(RELEASE) --product nsrun

.PHONY: help
help:
	@echo 'make              build the static binary $(BINARY)'
	@echo 'make demo         show the main job on a private host with a simulated internet (root)'
	@echo 'make test         run all tests (root)'
	@echo 'make test-faults  fail and kill nsrun at every system call; FAULTS=long for more of it (root)'
	@echo 'make fuzz         give the codecs FUZZ_RUNS ($(FUZZ_RUNS)) inputs of any bytes'
	@echo 'make bench        measure a launch (root)'
	@echo 'make bench-scale  measure launches next to thousands of sandboxes, and throughput (root)'
	@echo 'make launch-order find out anew what a launch runs, for the linker (root)'
	@echo 'make install      install binary, man page, completions and what keeps network managers away'
	@echo '                  below PREFIX ($(PREFIX)); DESTDIR in front of it'
	@echo 'make uninstall    remove them'
	@echo 'make lint         check the style of the Swift code and the man page'
	@echo 'make format       give the Swift code its style'
	@echo 'make clean        remove what was built'

# What makes namespaces needs root: said before something is built for nothing.
.PHONY: root
root:
	@[ "$$(id -u)" = 0 ] || { echo 'make: this needs root: sudo env PATH="$$PATH" make $(MAKECMDGOALS)' >&2; exit 1; }

.PHONY: demo
demo: root
	@Tests/Support/install-packages demo
	@$(MAKE) --no-print-directory build
	@Tests/Support/throwaway-host Tests/Support/demo $(BINARY)

# Everything is built outside, where the network is, and tested on a throwaway host.
.PHONY: test
test: root
	@Tests/Support/install-packages test
	@$(MAKE) --no-print-directory build
	$(SWIFT) build --build-tests
	Tests/Faults/run $(BINARY)
	NSRUN_BINARY=$(abspath $(BINARY)) Tests/Support/throwaway-host $(SWIFT) test --skip-build --quiet

.PHONY: test-faults
test-faults: root
	@Tests/Support/install-packages test
	@$(MAKE) --no-print-directory build
	@Tests/Faults/run $(BINARY)

# Release code with its checks, told by the coverage of which inputs lead further. One that traps, takes longer than 5 s or
# asks for 16 MB at once ends the run, and stays in .build/fuzz.
FUZZ = .build/fuzz/fuzz
CORPUS = Tests/FuzzTests/Corpus

.PHONY: fuzz
fuzz:
	@Tests/Support/install-packages build
	NSRUN_FUZZ=1 $(SWIFT) build -c release --scratch-path .build/fuzz --product Fuzz \
	  -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer
	$(SWIFT)c -sanitize=fuzzer .build/fuzz/release/libFuzz.a -o $(FUZZ)
	@mkdir -p $(FUZZ)-corpus
	$(FUZZ) -runs=$(FUZZ_RUNS) -max_len=1024 -timeout=5 -malloc_limit_mb=16 -artifact_prefix=.build/fuzz/ \
	  -print_final_stats=1 $(FUZZ)-corpus $(CORPUS)

# The fewest of all inputs so far that together reach all that they have reached, for the unit test.
.PHONY: fuzz-corpus
fuzz-corpus: fuzz
	rm -rf $(FUZZ)-fewest && mkdir $(FUZZ)-fewest
	$(FUZZ) -set_cover_merge=1 -use_counters=0 -max_len=1024 $(FUZZ)-fewest $(CORPUS) $(FUZZ)-corpus
	rm -rf $(CORPUS) && mv $(FUZZ)-fewest $(CORPUS)

.PHONY: bench
bench: root
	@Tests/Support/install-packages bench
	@$(MAKE) --no-print-directory build
	@Tests/Benchmarks/run $(BINARY)

.PHONY: bench-scale
bench-scale: root
	@Tests/Support/install-packages bench
	@$(MAKE) --no-print-directory build
	@Tests/Benchmarks/scale $(BINARY)

# For another release of Swift. The program is linked once without an order, so that nothing of the old one stays.
.PHONY: launch-order
launch-order: root
	@Tests/Support/install-packages bench
	@$(MAKE) --no-print-directory build ORDER=/dev/null
	Tests/Benchmarks/launch-order $(BINARY) >.build/launch.order
	@mv .build/launch.order '$(ORDER)'
	@$(MAKE) --no-print-directory build

# sudo often has no swift in its PATH: then what make has built before is installed.
.PHONY: install
install: $(if $(shell command -v $(SWIFT)),build)
	@[ -x $(BINARY) ] || { echo 'make: there is no $(BINARY): run make first' >&2; exit 1; }
	install -d $(BINDIR) $(MANDIR) $(BASHDIR) $(ZSHDIR) $(FISHDIR) $(UDEVDIR) $(NETWORKDIR)
	install -s -m 755 $(BINARY) $(BINDIR)/nsrun
	install -m 644 man/nsrun.8 $(MANDIR)/nsrun.8
	install -m 644 Sources/Integration/80-nsrun.rules $(UDEVDIR)/80-nsrun.rules
	install -m 644 Sources/Integration/05-nsrun.network $(NETWORKDIR)/05-nsrun.network
	$(BINARY) --completion-script bash >$(BASHDIR)/nsrun
	$(BINARY) --completion-script zsh >$(ZSHDIR)/_nsrun
	$(BINARY) --completion-script fish >$(FISHDIR)/nsrun.fish

.PHONY: uninstall
uninstall:
	rm -f $(BINDIR)/nsrun $(MANDIR)/nsrun.8 $(BASHDIR)/nsrun $(ZSHDIR)/_nsrun $(FISHDIR)/nsrun.fish
	rm -f $(UDEVDIR)/80-nsrun.rules $(NETWORKDIR)/05-nsrun.network

.PHONY: lint
lint:
	@Tests/Support/install-packages lint
	$(SWIFT) format lint --strict --recursive $(SOURCES)
	mandoc -T lint -W warning man/nsrun.8

.PHONY: format
format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

.PHONY: clean
clean:
	rm -rf .build
