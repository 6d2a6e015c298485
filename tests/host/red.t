#!/bin/bash
# What tests/red tells of tests that failed, by the words of some.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
DNETMAP_BUILD=$(mktemp -d)
export DNETMAP_BUILD
trap 'rm -rf "$DNETMAP_BUILD"' EXIT
mkdir "$DNETMAP_BUILD/results"
count=0

# kept TEST STATUS < WORDS: as tests/exec keeps them
kept() { { cat; printf '\n# status: %s\n' "$2"; } > "$DNETMAP_BUILD/results/${1//\//,}"; }

# says NAME EXPECTED TEST...
says() {
	local seen
	count=$((count + 1))
	seen=$("$here/../red" "${@:3}") && seen+="status 0"
	seen=${seen//$DNETMAP_BUILD/build}
	if [ "$seen" = "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '# expected: %s\n# seen:     %s\n' "$2" "$seen" |
			sed '2,$s/^#*/#/'
	fi
}

kept um:a/well.t 0 << END
ok - one
1..1
END
kept um:a/red.t 1 << END
# said before what is well
ok - one
# said before what is not
not ok - two
# expected: a
# seen:     b
ok - three
not ok - four
# expected: c
1..4
# the end of the kernel's log:
# long
END
kept a/gentle.t 0 <<< "not ok 1 - of an exit status that says nothing"
kept um:a/short.t 1 <<< "# the VM went down"

says "each failure with what was seen, and not the kernel's log" "
um:a/red.t: all of it is in build/results/um:a,red.t
# said before what is not
not ok - two
# expected: a
# seen:     b
not ok - four
# expected: c

1 passed, 1 failed" um:a/well.t um:a/red.t
says "a failure without a status" "
a/gentle.t: all of it is in build/results/a,gentle.t
not ok 1 - of an exit status that says nothing

0 passed, 1 failed" a/gentle.t
says "the last words of who was cut short" "
um:a/short.t: all of it is in build/results/um:a,short.t
# the VM went down

# status: 1

0 passed, 1 failed" um:a/short.t
says "who was not started" "
um:a/never.t: all of it is in build/results/um:a,never.t
it was not started

0 passed, 1 failed" um:a/never.t
echo "1..$count"
