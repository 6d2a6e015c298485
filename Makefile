# SPDX-License-Identifier: GPL-2.0-only
#
# make                 build the module, the plugin and the command
# make install         install them, the manual pages, systemd's units; depmod
# make uninstall       remove all that
# make install-dkms    install the module's source, for DKMS to build
# make deb             Debian packages, in build/deb
# make rpm             RPM packages, in build/rpm
# make dist            the sources of the last commit, in build
# make release         check that all say VERSION, tag it, make dist
# make demo            see it at work, in a virtual machine
# make check           build all, run all tests, in virtual machines
# make check-all       on all kernels, with sanitizers, and for longer
# make bench           what it costs, beside NETMAP: a table and a plot
# make mutants         break each behaviour, see its test fail; takes two hours
# make lint            what the tools have to say about the sources
# make deps            install the Debian packages that all of these need
# make clean
#
#   KVER=...           the kernel to build for, of /lib/modules (this machine's)
#   KDIR=...           likewise, by its build folder
#   ARCH=, CROSS_COMPILE=   as for the kernel's own build
#   BUILD=...          where all that is built goes (build)
#   DESTDIR=...        where to install below
#   LANES=, OTHERS=, ONLY=   for check-all: which parts
#   STEPS=...          of the model in check, twice (25000)
#   PEER=...           for bench: another xt_DNETMAP.ko, to compare

VERSION		:= $(shell cat VERSION)
BUILD		?= build
PREFIX		?= /usr/local
MANDIR		?= $(PREFIX)/share/man
BASHCOMPDIR	?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR	?= $(PREFIX)/share/zsh/site-functions
UNITDIR		?= $(PREFIX)/lib/systemd/system
PKG_CONFIG	?= pkg-config
CFLAGS		?= -O2 -g
CFLAGS		+= -Wall -Wextra -Wshadow
ifdef CROSS_COMPILE
ifeq ($(origin CC),default)
CC		:= $(CROSS_COMPILE)gcc
endif
endif

ifdef KDIR
# As uname has it; what "make kernelrelease" says is not that on Debian.
KVER	:= $(shell sed -n 's/.define UTS_RELEASE "\(.*\)"/\1/p' \
		$(KDIR)/include/generated/utsrelease.h)
else
KVER	?= $(shell uname -r)
KDIR	:= /lib/modules/$(KVER)/build
endif

# The kernel's build puts its objects beside the sources: beside links to them,
# then, and the sources stay clean.
MODULE_BUILD	:= $(BUILD)/$(KVER)
KBUILD		= $(MAKE) -C $(KDIR) M=$(abspath $(MODULE_BUILD))

COMMAND_CFLAGS	= $(shell $(PKG_CONFIG) --cflags libmnl jansson)
COMMAND_LIBS	= $(shell $(PKG_CONFIG) --libs libmnl jansson)

XTABLES_CFLAGS	= $(shell $(PKG_CONFIG) --cflags xtables)
XTABLES_LIBS	= $(shell $(PKG_CONFIG) --libs xtables)
XTABLES_DIR	= $(shell $(PKG_CONFIG) --variable=xtlibdir xtables)

# Beside the module, where it is another architecture's.
PLUGIN		:= $(if $(CROSS_COMPILE),$(MODULE_BUILD),$(BUILD))/libxt_DNETMAP.so
COMMAND		:= $(dir $(PLUGIN))dnetmap
COMMAND_SOURCES	:= $(wildcard userspace/dnetmap/*.c)
COMMAND_HELP	:= $(COMMAND)-help.h
UNITS		:= $(notdir $(wildcard systemd/*))
ROUNDTRIP	:= $(BUILD)/roundtrip
COMPLETION	:= userspace/dnetmap/completion
PAGES		:= $(notdir $(wildcard man/*.8))
UAPI		:= include/linux/netfilter/xt_DNETMAP.h

all: module plugin command

module: $(MODULE_BUILD)/Kbuild
	$(KBUILD) modules

# Links to files that have gone would be built on.
$(MODULE_BUILD)/Kbuild: FORCE
	@test -d $(KDIR) || { echo >&2 "$(KDIR): no such folder;" \
		"install linux-headers-$(KVER), or choose KVER or KDIR"; exit 1; }
	@mkdir -p $(MODULE_BUILD)
	@find $(MODULE_BUILD) -type l -delete
	@cp -rsf $(addprefix $(CURDIR)/,Kbuild VERSION kernel include) \
		$(MODULE_BUILD)

plugin: $(PLUGIN)

$(PLUGIN): userspace/libxt_DNETMAP.c $(UAPI)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -Iinclude $(XTABLES_CFLAGS) \
		$(LDFLAGS) -o $@ $< $(LDLIBS)

command: $(COMMAND)

$(COMMAND): $(COMMAND_SOURCES) $(wildcard userspace/dnetmap/*.h) $(COMMAND_HELP) \
		include/linux/dnetmap.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(CFLAGS) \
		-Iinclude -I$(@D) $(COMMAND_CFLAGS) $(LDFLAGS) -o $@ $(COMMAND_SOURCES) \
		$(COMMAND_LIBS)

# A page that cannot be understood leaves no header.
$(COMMAND_HELP): userspace/dnetmap/help.awk man/dnetmap.8
	@mkdir -p $(@D)
	awk -f $^ > $@.new
	@mv $@.new $@

# Uses the plugin as iptables would, without a kernel.
roundtrip: $(ROUNDTRIP)

$(ROUNDTRIP): tests/plugin/roundtrip.c tests/plugin/driver.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(XTABLES_CFLAGS) -o $@ $< $(XTABLES_LIBS)

install: install-module install-userspace

# What packages have beside the module.
install-userspace: install-plugin install-command install-completion install-man \
	install-units

# Without what would fail with headers alone, and say so: signing, where the build of
# the kernel has left no key, and its own depmod.
MODULE_INSTALL = INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates \
	cmd_depmod=: $(if $(wildcard $(KDIR)/certs/signing_key.x509),,\
	CONFIG_MODULE_SIG_ALL=)

install-module: module
	$(KBUILD) $(MODULE_INSTALL) modules_install
	$(if $(DESTDIR),,depmod $(KVER))

install-plugin: plugin
	install -D -m 644 -t $(DESTDIR)$(XTABLES_DIR) $(PLUGIN)

install-command: command
	install -D -t $(DESTDIR)$(PREFIX)/sbin $(COMMAND)

install-completion:
	install -D -m 644 $(COMPLETION)/dnetmap.bash $(DESTDIR)$(BASHCOMPDIR)/dnetmap
	install -D -m 644 -t $(DESTDIR)$(ZSHCOMPDIR) $(COMPLETION)/_dnetmap

# With their version, to read or to install.
MANUAL := $(addprefix $(BUILD)/,$(PAGES))

manual: $(MANUAL)

$(MANUAL): $(BUILD)/%: man/% VERSION
	@mkdir -p $(@D)
	sed 's/#VERSION#/$(VERSION)/' $< > $@

install-man: manual
	install -D -m 644 -t $(DESTDIR)$(MANDIR)/man8 $(MANUAL)

install-units:
	install -d $(DESTDIR)$(UNITDIR)
	for unit in $(UNITS); do \
		sed 's,#SBINDIR#,$(PREFIX)/sbin,' systemd/$$unit \
			> $(DESTDIR)$(UNITDIR)/$$unit && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit || exit; \
	done

uninstall:
	rm -f $(DESTDIR)/lib/modules/$(KVER)/updates/xt_DNETMAP.ko*
	rmdir $(DESTDIR)/lib/modules/$(KVER)/updates 2> /dev/null || :
	rm -f $(DESTDIR)$(XTABLES_DIR)/libxt_DNETMAP.so
	rm -f $(DESTDIR)$(PREFIX)/sbin/dnetmap
	rm -f $(DESTDIR)$(BASHCOMPDIR)/dnetmap $(DESTDIR)$(ZSHCOMPDIR)/_dnetmap
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(PAGES))
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(UNITS))
	$(if $(DESTDIR),,$(if $(wildcard /lib/modules/$(KVER)),depmod $(KVER)))

# Then "dkms install dnetmap/$(VERSION)" builds it.
DKMS_SOURCE = $(DESTDIR)/usr/src/dnetmap-$(VERSION)

install-dkms:
	install -D -m 644 -t $(DKMS_SOURCE) Kbuild VERSION
	install -D -m 644 -t $(DKMS_SOURCE)/kernel kernel/*.[ch]
	install -D -m 644 -t $(DKMS_SOURCE)/$(dir $(UAPI)) $(UAPI)
	install -D -m 644 -t $(DKMS_SOURCE)/include/linux include/linux/dnetmap.h
	sed 's/#MODULE_VERSION#/$(VERSION)/' dkms.conf > $(DKMS_SOURCE)/dkms.conf
	chmod 644 $(DKMS_SOURCE)/dkms.conf

# The packages are built of a copy, as all that is built is in build/.
PACKAGE_SOURCES = CHANGELOG.md Kbuild LICENSE Makefile README.md VERSION debian dkms.conf \
	include kernel man systemd userspace

deb:
	tests/deps deb
	@$(MAKE) --no-print-directory deb-built

deb-built:
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb/dnetmap-$(VERSION)
	cp -r $(PACKAGE_SOURCES) $(BUILD)/deb/dnetmap-$(VERSION)
	cd $(BUILD)/deb/dnetmap-$(VERSION) && \
		DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS:+$$DEB_BUILD_OPTIONS }noautodbgsym" \
		dpkg-buildpackage -us -uc -b

# On Debian, RPM knows neither what is installed nor where libraries are.
rpm:
	tests/deps rpm
	rm -rf $(BUILD)/rpm
	mkdir -p $(BUILD)/rpm/SOURCES $(BUILD)/rpm/SPECS
	sed 's/#VERSION#/$(VERSION)/' packaging/rpm/dnetmap.spec \
		> $(BUILD)/rpm/SPECS/dnetmap.spec
	tar -czf $(BUILD)/rpm/SOURCES/dnetmap-$(VERSION).tar.gz \
		--transform 's,^,dnetmap-$(VERSION)/,' $(PACKAGE_SOURCES)
	rpmbuild --define '_topdir $(abspath $(BUILD)/rpm)' -bb \
		$(shell test ! -e /etc/debian_version || echo --nodeps \
			--define "'_libdir $(patsubst %/xtables,%,$(XTABLES_DIR))'") \
		$(BUILD)/rpm/SPECS/dnetmap.spec
	rpmlint -c packaging/rpm/rpmlint.toml $(BUILD)/rpm/SPECS/dnetmap.spec \
		$(BUILD)/rpm/RPMS/*/*.rpm

dist:
	@mkdir -p $(BUILD)
	git archive --prefix=dnetmap-$(VERSION)/ HEAD | \
		gzip -9n > $(BUILD)/dnetmap-$(VERSION).tar.gz

release:
	packaging/release
	@$(MAKE) --no-print-directory dist

print-package-sources:
	@echo $(PACKAGE_SOURCES)

# Each target asks for what it needs.
deps:
	tests/deps check bench

deps-%:
	@tests/deps $*

# What runs in a virtual machine is built for the kernel that it has; VM_KERNEL
# is one as tests/lanes has them.
vm-module:
	@tests/vm/build $(VM_KERNEL)

demo: deps-demo
	@tests/demo/run

STEPS ?= 25000
prove = prove --timer -j $$(nproc) --exec tests/exec
SUMMARY = :

check: deps-check
	@$(MAKE) --no-print-directory check-built

# Each backend with one kernel.
check-built: LANES = amd64/nft um/legacy
check-built: OTHERS = tests/host um:model:$(STEPS):1 um:model:$(STEPS):2
check-built: run-lanes

# Debian's other kernels, from the oldest to the newest and of other architectures,
# too, those with sanitizers, a million steps of the model, the fuzzers, and which
# lines all that runs. It takes hours: LANES= and OTHERS= choose parts.
check-all:
	@tests/deps check deb install
	@$(MAKE) --no-print-directory check-all-built

check-all-built: LANES = amd64 6.12-amd64 rt-amd64 5.10-amd64/nft 7.2-amd64/nft \
	newest-amd64 trixie-amd64/nft i386-amd64/legacy arm64/nft s390x/legacy \
	um-kasan smp-kasan smp-kcsan
check-all-built: OTHERS = tests/host tests/install plugin:trixie coverage \
	$(MODEL_ALL) $(FUZZ_ALL)
check-all-built: SUMMARY = tests/report
check-all-built: run-lanes

run-lanes:
	@tests=$$(ONLY='$(ONLY)' tests/lanes $(LANES)) && since=$$(date +%s) && \
		{ $(prove) $(OTHERS) $$tests; status=$$?; $(SUMMARY); \
		[ $$status = 0 ] || tests/red $$since $(OTHERS) $$tests; }

# A million steps, a twentieth of them with sanitizers; and some thousands on each
# kernel under QEMU, which takes a hundred times as long, or in real time. DATE
# makes other seeds. Each rule of the model is broken once, too.
MODEL_ALL = $(foreach n,$(shell seq 19),um:model:50000:$(DATE)$(n)) \
	um-kasan:model:50000:$(DATE)0 amd64:model:3000:$(DATE) \
	6.12-amd64:model:3000:$(DATE) rt-amd64:model:3000:$(DATE) \
	smp-kasan:model:600:$(DATE) smp-kcsan:model:600:$(DATE) \
	um:model:mutants
DATE := $(shell date +%y%m%d)
# A minute for each that reads what users hand in.
FUZZ_ALL = fuzz:rule:60 fuzz:command:60 fuzz:plugin:60

# Most of it runs in a virtual machine, native time is User-mode Linux's.
bench: deps-bench
	@$(MAKE) -s --no-print-directory vm-module
	@$(MAKE) -s --no-print-directory vm-module VM_KERNEL=um
	@BUILD='$(BUILD)' PEER='$(PEER)' tests/bench/run

mutants: deps-check
	@$(MAKE) --no-print-directory run-lanes LANES= OTHERS='$(MUTANTS)'

# Those with most in them come first.
MUTANTS = $(patsubst tests/mutants/%.diff,mutants:%,\
	$(shell ls -S tests/mutants/*.diff))

lint: deps-demo
	tests/lint

clean:
	rm -rf $(BUILD)

FORCE:

.PHONY: all module plugin command roundtrip install install-module install-userspace \
	install-plugin install-command install-completion manual install-man install-units \
	install-dkms uninstall deb deb-built rpm dist release \
	print-package-sources deps vm-module demo \
	check check-built check-all check-all-built run-lanes bench mutants lint \
	clean FORCE
