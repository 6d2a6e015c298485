# shellcheck shell=bash
# The language of the tests of installation. A file begins with ". .../lib.sh" and
# ends with "finish". It works on a copy of a root that tests/install/root made: in
# it, apt and DKMS run for real, though on this machine's processor. To load
# the module, the copy is booted in a virtual machine.
#
# Mounts and processes are the test's own, and end with it.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
top=$(readlink -f "$here/../..")
if [ -z "${DNETMAP_INSIDE:-}" ]; then
	inside=(env DNETMAP_INSIDE=1 unshare --mount --pid --fork --kill-child)
	if [ "$(id -u)" != 0 ]; then inside=(sudo -E "${inside[@]}"); fi
	exec "${inside[@]}" "$0" "$@"
fi

run=${XDG_CACHE_HOME:-$HOME/.cache}/dnetmap/install/run
mkdir -p "$run"
work=$(mktemp -d "$run/XXXXXX")
trap 'cd /; umount -Rl "$work/root" 2> /dev/null || :; rm -rf "$work"' EXIT
# shellcheck disable=SC2034 # for the tests
version=$(cat "$top/VERSION")
root=$work/root

# --- Assertions: TAP, and what was seen where one fails -----------------------

count=0 failed=0

# result STATUS NAME EXPECTED SEEN
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
		return
	fi
	echo "not ok $count - $2"
	printf '%s\n' "expected: $3" "seen:     $4" | sed 's/^/# /'
	failed=$((failed + 1))
}

# is SEEN EXPECTED NAME
is() {
	local status=0
	[ "$1" = "$2" ] || status=1
	result "$status" "$3" "$2" "$1"
}

# like SEEN REGEX NAME
like() {
	local status=0
	[[ $1 =~ $2 ]] || status=1
	result "$status" "$3" "a match of /$2/" "$1"
}

finish() {
	echo "1..$count"
	[ "$failed" = 0 ]
}

# step WORDS: what is being done, and how long it has taken to come here
step() { echo "# $SECONDS s: $*"; }

# --- Packages of ours ---------------------------------------------------------

# build VERSION FOLDER: the packages, of these sources but for their version
build() {
	mkdir "$2"
	(cd "$top" && make -s print-package-sources | xargs cp -rt "$2")
	sed -i "1s/(.*)/($1)/" "$2/debian/changelog"
	echo "$1" > "$2/VERSION"
	make -C "$2" deb-built BUILD=build > "$2/log" 2>&1 || {
		tail -n 40 "$2/log" >&2
		return 1
	}
}

# packages VERSION: print the folder with them; they are built once for each state
# of the sources, and by each release's tools
packages() {
	local state place lock
	state=$(
		cd "$top"
		{
			make -s print-package-sources |
				xargs tar -c --sort=name --mtime=@0
			grep -v '^#' tests/packages.deb | xargs dpkg-query -W gcc
		} | sha256sum | head -c 16
	)
	place=$run/../packages/$state
	mkdir -p "$place"
	exec {lock}> "$place/.lock"
	flock "$lock"
	if [ ! -d "$place/$1" ]; then
		step "building the packages, version $1" >&2
		build "$1" "$work/sources-$1"
		mv "$work/sources-$1" "$place/$1"
	fi
	exec {lock}>&-
	echo "$place/$1/build/deb"
}

# --- The root -----------------------------------------------------------------

# use_root SUITE: a copy of its root, fresh
use_root() {
	local base
	base=$("$here/root" "$1")
	mkdir -p "$work"/{upper,overlay,root}
	mount -t overlay -o \
		"lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay" \
		overlay "$root"
	mount -t proc proc "$root/proc"
	# The kernel that runs is the root's, for all that ask there.
	kernel=$(newest_kernel)
	printf '%s\n' '#!/bin/sh' \
		'case $* in' "-r) echo $kernel ;;" '*) exec /usr/bin/uname "$@" ;;' \
		'esac' > "$root/usr/local/bin/uname"
	chmod 755 "$root/usr/local/bin/uname"
}

newest_kernel() { basename -a "$root"/usr/lib/modules/* | sort -V | tail -n 1; }

# in_root COMMAND...
in_root() {
	chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive "$@" < /dev/null
}

# apt WORDS...: in the root, from its cache; what it says is kept, for when it fails
apt() {
	step "apt-get $*"
	if ! in_root apt-get -qqy -o APT::Install-Recommends=false \
		-o Dpkg::Use-Pty=0 "$@" > "$work/apt.log" 2>&1; then
		result 1 "apt-get $*" "success" "$(tail -n 60 "$work/apt.log")"
	fi
}

# install_ours VERSION: both packages
install_ours() {
	local from
	from=$(packages "$1")
	rm -f "$root"/root/*.deb
	cp -t "$root/root" "$from"/*.deb
	# shellcheck disable=SC2046
	apt install $(cd "$root/root" && printf '/root/%s\n' *.deb)
}

# module_version [KERNEL]: of that which a rule would load; "none" without a file,
# and nothing for one that has no version
module_version() {
	in_root modinfo -k "${1:-$kernel}" -F version xt_DNETMAP 2> /dev/null ||
		echo none
}

# files: all in the root but what is apt's, the kernel's and these tests' own to
# keep, or of a package that is installed
files() {
	local keeps='^/(boot/|guest$|proc|root/|run/|usr/lib/modules/[^/]*/modules[.]|'
	keeps+='usr/local/bin/uname|var/(cache|log|lib/(apt|dpkg|initramfs-tools))/)'
	(cd "$root" && find . -xdev -mindepth 1 | sed 's/^.//') |
		grep -vE "$keeps" | sort > "$work/files"
	sed -E 's,^/(bin|lib|lib64|sbin)/,/usr&,' \
		"$root"/var/lib/dpkg/info/*.list | sort -u |
		comm -23 "$work/files" -
}

# --- The root, booted ---------------------------------------------------------

# boot KERNEL: with tests/install/guest in the place of init, and print what that says
boot() {
	cp "$here/guest" "$root/guest"
	pack
	boot_image "$1" init=/guest
}

# pack [FEATURE]: the root into an image of a disk; has_journal if it is to crash
# shellcheck disable=SC2120 # reboot.sh gives one
pack() {
	local hidden folder
	umount "$root/proc"
	# Half of the root is nothing that is looked at once it is booted.
	hidden=(usr/lib/gcc usr/share usr/src var/cache var/lib/apt)
	for folder in "${hidden[@]}"; do mount -t tmpfs tmpfs "$root/$folder"; done
	rm -f "$work/image"
	truncate -s 3G "$work/image"
	mke2fs -q -t ext4 -O "${1:-^has_journal}" -E root_owner=0:0 -d "$root" \
		"$work/image"
	for folder in "${hidden[@]}"; do umount "$root/$folder"; done
	mount -t proc proc "$root/proc"
}

# boot_image KERNEL WORD...: with these behind the kernel's command line, and print what
# is said at the second port; what is written stays in the image
boot_image() {
	local status=0
	step "booting $1 ${*:2}" >&2
	rm -f "$work"/{console,said}
	# QEMU 7.2 leaves garbage in the flags after cmpxchg16b, of which 6.12.95 dies.
	timeout -k 5 1500 qemu-system-x86_64 -M q35 -cpu max,-cx16 -accel tcg \
		-m 1024 -nodefaults -no-user-config -display none -no-reboot \
		-kernel "$root/boot/vmlinuz-$1" -initrd "$root/boot/initrd.img-$1" \
		-append "root=/dev/vda rw console=ttyS0 panic=-1 oops=panic \
			mitigations=off cryptomgr.notests ${*:2}" \
		-drive "if=virtio,format=raw,file=$work/image" \
		-serial "file:$work/console" -serial "file:$work/said" || status=$?
	tr -d '\r' < "$work/said" | sed '$ { /^the end$/d }'
	# It said all that it had to, and went down by itself.
	if [ "$status" != 0 ] || [ "$(tail -n 1 "$work/said" | tr -d '\r')" != "the end" ]
	then
		echo "the VM ended with status $status; the end of its log:"
		tail -n 30 "$work/console"
	fi
}
