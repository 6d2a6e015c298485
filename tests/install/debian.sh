# shellcheck shell=bash
# From the first installation to the last trace, on one of Debian's releases; the
# file that has it chosen sets $suite.
# shellcheck source=tests/install/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# works KERNEL NAME: booted, a rule loads the module, and serves flows both ways
works() {
	is "$(boot "$1")" "kernel: $1
rule: added
answered, from the host: yes
answered, to the host: yes
binding: 192.168.0.10 -> 20.0.0.0
version: $version" "$2"
}

use_root "${suite:?}"
files > "$work/before"
first=$kernel

install_ours 0.0.9
is "$(module_version)" 0.0.9 "DKMS builds the module of an older version"
install_ours "$version"
is "$(module_version)" "$version" "an upgrade replaces it"
is "$(in_root dkms status | sed 's/,.*//')" "dnetmap/$version" \
	"and leaves nothing of it to DKMS"
works "$first" "$first: a rule loads it by itself"

# What Debian's own kernel packages are called, from backports. The headers would
# come along where their meta package is installed.
apt purge linux-headers-cloud-amd64
apt -t "$suite-backports" install linux-image-cloud-amd64
second=$(newest_kernel)
is "$(module_version "$second")" none \
	"a kernel without headers is none that DKMS builds for"
like "$(boot "$second")" "rule: .*DNETMAP.*" \
	"$second, without headers: a rule is refused by name"
apt -t "$suite-backports" install linux-headers-cloud-amd64
is "$(module_version "$second")" "$version" "DKMS builds for it with its headers"
works "$second" "$second: a rule loads it by itself"

apt purge dnetmap dnetmap-dkms
is "$(module_version "$second")" none "without the packages there is no module"
is "$(files | comm -13 "$work/before" - | grep -v '^/var/lib/dkms/mok[.]')" "" \
	"purging them leaves nothing, but keys that are DKMS's"
finish
