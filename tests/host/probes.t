#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The probes of Kbuild say yes where a kernel has what they look for, no where it
# does not, and an error where they cannot look. Each is asked about headers made
# up here; what they say of real kernels shows where the module builds.

set -u
cd "$(dirname "$0")/../.." || exit

if [ -z "${IN_ROOT:-}" ]; then
	root=$(tests/debian/root bookworm/amd64 build) || exit
	IN_ROOT=yes exec tests/debian/in "$root" tests/host/probes.t
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

# is NAME SEEN EXPECTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf 'seen:\n%s\nexpected:\n%s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

# ask [VARIABLE=VALUE...]: what Kbuild makes of the headers in $work, in a line
ask() {
	# shellcheck disable=SC2016 # make's variables
	printf '%s\n' 'include Kbuild' 'all: ; @echo $(filter -D%,$(ccflags-y))' |
		make -s --no-print-directory -f - src=. CC=gcc NOSTDINC_FLAGS= \
			LINUXINCLUDE="-I$work" KBUILD_CPPFLAGS= \
			KBUILD_CFLAGS="-Wall -Werror" "$@" 2>&1
}

# header NAME [LINE]: the one of that name, with this line
header() {
	mkdir -p "$work/${1%/*}"
	echo "${2:-}" > "$work/$1"
}

# Name, header, and a line that has it, of each probe.
probes=(
	"HRTIMER_SETUP linux/hrtimer.h void hrtimer_setup(void);"
	"PDE_DATA linux/proc_fs.h extern void *pde_data(void);"
	"SPLIT_OPS net/genetlink.h struct genl_split_ops { int x; };"
	"GENL_INFO_DUMP net/genetlink.h extern void genl_info_dump(void);"
)
empty_all() {
	local file
	for probe in "${probes[@]}"; do
		read -r _ file _ <<< "$probe"
		header "$file"
	done
}

is "each probe of Kbuild is here" "$(printf '%s\n' "${probes[@]}" | cut -d ' ' -f 1)" \
	"$(sed -n 's/^ccflags-y += $(call dnetmap-probe,\([^,]*\),.*/\1/p' Kbuild)"
is "each is what kernel/compat.h asks for" \
	"$(printf 'DNETMAP_HAVE_%s\n' "${probes[@]%% *}" | sort)" \
	"$(sed -n 's/^#ifn\?def \(DNETMAP_HAVE_.*\)/\1/p' kernel/compat.h | sort)"
empty_all
is "a kernel without any of it" "$(ask)" ""
for probe in "${probes[@]}"; do
	read -r name file line <<< "$probe"
	empty_all
	header "$file" "$line"
	is "$name: yes where <$file> has it" "$(ask)" "-DDNETMAP_HAVE_$name"
	header "$file" "#error broken"
	is "$name: an error where <$file> does not compile" \
		"$(ask | grep -o 'cannot look for .*: <.*> does not compile')" \
		"cannot look for $(grep -oPm 1 "probe,\K\w+(?=,$file,)" Kbuild): <$file> does not compile"
done
empty_all
is "an error where there is no compiler" \
	"$(ask CC=no-such-compiler | grep -o 'cannot look for .*')" \
	"cannot look for HRTIMER_SETUP: <linux/hrtimer.h> does not compile with no-such-compiler for this kernel.  Stop."
echo "1..$count"
