#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The plugin alone, without a kernel: what it takes, refuses, prints, and hands
# to the kernel. The rules are in tests/plugin/libxt_DNETMAP.t.
#
# It is built for a suite of Debian's and runs there, $SUITE (bookworm).

set -u
cd "$(dirname "$0")/../.." || exit

suite=${SUITE:-bookworm}
share=$(realpath -m "${DNETMAP_BUILD:-build}")
build=$share/$suite/amd64
if [ -z "${IN_ROOT:-}" ]; then
	root=$(tests/debian/root "$suite/amd64" build) || exit
	unset MAKEFLAGS MFLAGS MAKELEVEL
	export IN_ROOT=yes DNETMAP_SHARE=$share
	tests/debian/in "$root" make -s plugin roundtrip CC=gcc BUILD="$build" >&2 ||
		exit
	exec tests/debian/in "$root" tests/host/plugin.t
fi

rules=tests/plugin/libxt_DNETMAP.t
export XTABLES_LIBDIR=$build

for file in "$rules" "$build/libxt_DNETMAP.so" "$build/roundtrip"; do
	[ -e "$file" ] || { echo "Bail out! no $file"; exit 1; }
done

tests=0

# result NAME SEEN EXPECTED COMMAND... - one line of TAP, "ok" if COMMAND holds
result() {
	local name=${1//#/\\#} seen=$2 expected=$3

	tests=$((tests + 1))
	if "${@:4}"; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		printf 'seen:\n%s\nexpected:\n%s\n' "$seen" "$expected" |
			sed 's/^/#   /'
	fi
}

is() {
	result "$1" "$2" "$3" [ "$2" = "$3" ]
}

# parse RULE - what the plugin makes of "-j DNETMAP ...", quoted as for a shell
parse() {
	local -a args

	eval "args=(${1#-j DNETMAP})"
	"$build/roundtrip" "${args[@]}" 2>&1
}

# accepts RULE LISTING - prints RULE as LISTING for -S, without the dashes for
# -L, and gives the kernel the same bytes as for LISTING
accepts() {
	local shown=${2//--/} bytes

	bytes=$(parse "$2" | tail -n 1)
	is "$1" "$(parse "$1")" "$2"$'\n'"${shown#-j }"$'\n'"$bytes"
}

# refuses RULE PART - fails as a wrong parameter, with a message that has PART
refuses() {
	local seen

	seen=$(parse "$1")
	seen="status $?: $seen"
	result "refused: $1" "$seen" "status 2: ...$2..." is_refusal "$seen" "$2"
}

is_refusal() {
	[[ $1 == "status 2: "*"$2"* ]]
}

# bytes RULE BYTES - what the kernel gets: range flags, first and last address,
# ports, flags, padding, ttl
bytes() {
	is "bytes of $1" "$(parse "$1" | tail -n 1)" "$2"
}

# shows BLOB LISTING - how a rule is listed that the kernel holds already
shows() {
	is "listing of $1" "$("$build/roundtrip" blob "${1// /}" | head -n 1)" "$2"
}

while IFS=';' read -r rule listing verdict; do
	case $verdict in
	OK)	accepts "$rule" "${listing/#=/$rule}" ;;
	FAIL)	refuses "$rule" "$listing" ;;
	*)	is "$rule" "result $verdict" "result OK or FAIL" ;;
	esac
done < <(grep -- '^-j' "$rules")

none=00000000000000000000000000000000
net20=14000000000000000000000000000000
end20=1400003f000000000000000000000000
host30=1e010203000000000000000000000000

bytes "-j DNETMAP" \
	"0 $none $none 00000000 00 000000 0"
bytes "-j DNETMAP --ttl -5" \
	"0 $none $none 00000000 01 000000 -5"
bytes "-j DNETMAP --reuse" \
	"0 $none $none 00000000 02 000000 0"
bytes "-j DNETMAP --prefix 20.0.0.0/26" \
	"1 $net20 $end20 00000000 04 000000 0"
bytes "-j DNETMAP --static" \
	"0 $none $none 00000000 08 000000 0"
bytes "-j DNETMAP --prefix 20.0.0.0/26 --persistent" \
	"1 $net20 $end20 00000000 14 000000 0"
bytes "-j DNETMAP --prefix 20.0.0.0/26 --own" \
	"1 $net20 $end20 00000000 84 000000 0"
bytes "-j DNETMAP --prefix 30.1.2.3 --reuse --ttl 2147483647" \
	"1 $host30 $host30 00000000 07 000000 2147483647"

shows "00000000 $none $none 00000000 10 000000 00000000" \
	"-j DNETMAP --persistent"
shows "01000000 $net20 $end20 00000000 5e 000000 00000000" \
	"-j DNETMAP --prefix 20.0.0.0/26 --reuse --static --persistent --hold-flows"
shows "01000000 $net20 $end20 00000000 c4 000000 00000000" \
	"-j DNETMAP --prefix 20.0.0.0/26 --hold-flows --own"
shows "00000000 $none $none 00000000 22 000000 00000000" \
	"-j DNETMAP --reuse [unknown flags 0x20]"
shows "01000000 $net20 $host30 00000000 04 000000 00000000" \
	"-j DNETMAP --prefix 20.0.0.0-30.1.2.3"
shows "01000000 ${end20/3f/01} ${end20/3f/02} 00000000 04 000000 00000000" \
	"-j DNETMAP --prefix 20.0.0.1-20.0.0.2"

# The help text has the options that can be used, and no other.
is "help" "$("$build/roundtrip" help | grep -oE '^  --.*' | xargs)" \
	"--prefix address[/mask] --reuse --ttl seconds --static --persistent --own"

echo "1..$tests"
