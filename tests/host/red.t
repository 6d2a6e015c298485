#!/bin/bash
# What tests/red tells of tests that failed, from samples of what they say.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
DNETMAP_BUILD=$(mktemp -d)
export DNETMAP_BUILD
trap 'rm -rf "$DNETMAP_BUILD"' EXIT
mkdir "$DNETMAP_BUILD/results"
count=0 since=0

# kept TEST STATUS < WORDS: as tests/exec keeps them
kept() {
	{
		cat
		printf '\n# status: %s\n# took: 1 s\n' "$2"
	} > "$DNETMAP_BUILD/results/${1//\//,}"
}

# says NAME EXPECTED TEST...
says() {
	local seen status=0
	count=$((count + 1))
	seen=$("$here/../red" "$since" "${@:3}") || status=$?
	if [ "$seen $status" = "
$2 1" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf 'expected: %s\nseen: %s, status %s\n' "$2" "$seen" "$status" |
			sed 's/^/# /'
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
not ok - three
ok - four
1..4
# the end of the kernel's log:
# long
END
red="um:a/red.t: all of it is in build/results
# said before what is not
not ok - two
# expected: a
# seen:     b
not ok - three"
says "each failure with what was seen, and not the kernel's log" \
	"$red

1 passed, 1 failed" um:a/well.t um:a/red.t

{ printf 'not ok - it is long\n'; printf '# line%.0s\n' {1..100000}; echo 1..1; } |
	kept a/long.t 1
says "what is long is cut" "a/long.t: all of it is in build/results
not ok - it is long
$(printf '# line%.0s\n' {1..11})
(99989 lines more)

$red

0 passed, 2 failed" a/long.t um:a/red.t

{ seq -f 'not ok - %g' 20; echo 1..20; } | kept a/many.t 1
says "what is much is cut" "a/many.t: all of it is in build/results
not ok - 1
not ok - 2
not ok - 3
not ok - 4
(16 failures more)

0 passed, 1 failed" a/many.t

kept a/gentle.t 0 << END
not ok 1 - of a status that says nothing
1..1
END
says "a failure without a status" "a/gentle.t: all of it is in build/results
not ok 1 - of a status that says nothing

0 passed, 1 failed" a/gentle.t

kept um:a/short.t 1 << END
not ok - at first
# the VM went down
END
says "the last words of who was cut short" \
	"um:a/short.t: all of it is in build/results
not ok - at first
# the VM went down
its status is 1, its last words:
not ok - at first
# the VM went down

0 passed, 1 failed" um:a/short.t

kept a/few.t 0 << END
ok - one
1..2
END
says "fewer tests than planned" "a/few.t: all of it is in build/results
its status is 0, its last words:
ok - one
1..2

0 passed, 1 failed" a/few.t

kept a/status.t 1 << END
ok - one
1..1
END
says "a status alone" "a/status.t: all of it is in build/results
its status is 1, its last words:
ok - one
1..1

0 passed, 1 failed" a/status.t

says "who was not started" "um:a/never.t: all of it is in build/results
it was not started

0 passed, 1 failed" um:a/never.t

since=$(date +%s -d tomorrow)
says "who was not started this time" "um:a/well.t: all of it is in build/results
it was not started

0 passed, 1 failed" um:a/well.t
since=0

says "that prove knows more" "prove has seen a failure that is not in what tests said

1 passed, 1 failed" um:a/well.t

mkdir "$DNETMAP_BUILD/dir"
: > "$DNETMAP_BUILD/dir/x.t"
kept "$DNETMAP_BUILD/dir/x.t" 1 <<< "not ok - in a folder
1..1"
says "the tests of a folder" "$DNETMAP_BUILD/dir/x.t: all of it is in build/results
not ok - in a folder

0 passed, 1 failed" "$DNETMAP_BUILD/dir"
echo "1..$count"
