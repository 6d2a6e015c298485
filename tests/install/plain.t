#!/bin/bash
# Without packages, on Debian 12: make, make install and make uninstall, by their
# variables.
# shellcheck source=tests/install/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# made WORDS...: what make says of it; nothing, where all is well
made() {
	step "make $*" >&2
	in_root make -s -C /root/dnetmap "$@" 2>&1 | grep -v '^Skipping BTF' || :
}

# whats_in FOLDER: its files
whats_in() { (cd "$root$1" && find . -type f | sort); }

# added: to the root since the file list "before"
added() {
	(cd "$root" && find usr etc -type f ! -name 'modules.*' | sort) > "$work/now"
	comm -13 "$work/before" "$work/now"
}

use_root bookworm
# As README says.
apt install build-essential pkg-config libxtables-dev libmnl-dev libjansson-dev
mkdir "$root/root/dnetmap"
(cd "$top" && make -s print-package-sources | xargs cp -rt "$root/root/dnetmap")
(cd "$root" && find usr etc -type f ! -name 'modules.*' | sort) > "$work/before"
plugins=$(in_root pkg-config --variable=xtlibdir xtables)

is "$(made KVER="$kernel")" "" "make"
is "$(made install DESTDIR=/root/to PREFIX=/usr KVER="$kernel")" "" \
	"make install DESTDIR=... PREFIX=... says nothing"
is "$(whats_in /root/to)" "./lib/modules/$kernel/updates/xt_DNETMAP.ko
./usr/lib/systemd/system/dnetmap-save.service
./usr/lib/systemd/system/dnetmap-save.timer
./usr/lib/systemd/system/dnetmap.service
.$plugins/libxt_DNETMAP.so
./usr/sbin/dnetmap
./usr/share/bash-completion/completions/dnetmap
./usr/share/man/man8/dnetmap.8
./usr/share/man/man8/xt_DNETMAP.8
./usr/share/zsh/site-functions/_dnetmap" "and puts these files there"
is "$(added)" "" "and none elsewhere"
is "$(made uninstall DESTDIR=/root/to PREFIX=/usr KVER="$kernel"; \
	whats_in /root/to)" "" "make uninstall leaves none"

is "$(made install KDIR="/lib/modules/$kernel/build")" "" "make install KDIR=..."
is "$(added)" "usr/lib/modules/$kernel/updates/xt_DNETMAP.ko
${plugins#/}/libxt_DNETMAP.so
usr/local/lib/systemd/system/dnetmap-save.service
usr/local/lib/systemd/system/dnetmap-save.timer
usr/local/lib/systemd/system/dnetmap.service
usr/local/sbin/dnetmap
usr/local/share/bash-completion/completions/dnetmap
usr/local/share/man/man8/dnetmap.8
usr/local/share/man/man8/xt_DNETMAP.8
usr/local/share/zsh/site-functions/_dnetmap" "puts them where they belong"
is "$(sed -n 's/^\.Os //p' "$root/usr/local/share/man/man8/xt_DNETMAP.8")" \
	"DNETMAP $version" "the manual has the version"
is "$(in_root dnetmap --version)" "dnetmap $version" "the command, too"
is "$(in_root systemd-analyze --man=no verify dnetmap.service dnetmap-save.timer 2>&1)" \
	"" "systemd has nothing to say of the units"
is "$(boot "$kernel")" "kernel: $kernel
rule: added
answered, from the host: yes
answered, to the host: yes
binding: 192.168.0.10 -> 20.0.0.0
version: $version" "a rule loads the module by itself"
is "$(made uninstall KVER="$kernel")" "" "make uninstall"
is "$(added)" "" "leaves nothing"
is "$(module_version)" none "and depmod knows"
finish
