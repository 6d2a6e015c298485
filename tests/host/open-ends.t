#!/bin/bash
# What tests/vm/guest/open-ends says of a kernel log, by small ones.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
count=0

# says NAME EXPECTED < LOG: lines of the module, without what begins each
says() {
	local seen
	count=$((count + 1))
	seen=$(sed '/^[a-z]* *case\|^silent\|^events may\|^own/!s/^/xt_DNETMAP: /' |
		"$here/../vm/guest/open-ends") || :
	if [ "$seen" = "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '# expected: %s\n# seen:     %s\n' "$2" "$seen"
	fi
}

new='new prefix 20.0.0.0/24'
gone='prefix 20.0.0.0/24 removed'
a='binding 10.0.0.1 -> 20.0.0.1'
b='binding 10.0.0.2 -> 20.0.0.2'

says "all is well" "" << END
$new
add $a
add $b
timeout $a
add binding 10.0.0.1 -> 20.0.0.7
remove $b
add binding 10.0.0.3 -> 20.0.0.2
$gone
END
says "a host with two addresses, of two scopes" "" << END
test case: own
own prefixes
$new
add $a
add binding 10.0.0.1 -> 20.0.0.2
timeout $a
remove binding 10.0.0.1 -> 20.0.0.2
$gone
END
says "a host with two addresses" \
	"the host has 20.0.0.1: add binding 10.0.0.1 -> 20.0.0.2 [net:0]" << END
$new
add $a
add binding 10.0.0.1 -> 20.0.0.2
$gone
END
says "an address with two hosts" \
	"the address is 10.0.0.1's: add binding 10.0.0.2 -> 20.0.0.1 [net:0]" << END
$new
add $a
add binding 10.0.0.2 -> 20.0.0.1
$gone
END
says "a binding of no prefix" "of no prefix: add $a [net:0]" << END
new prefix 20.0.1.0/24
add $a
remove $a
prefix 20.0.1.0/24 removed
END
says "the same pair in another namespace" "" << END
$new
add $a
$new [net:7]
add $a [net:7]
$gone
$gone [net:7]
END
says "ends without a beginning" "not in force: timeout $a [net:0]
not in force: remove $b [net:0]
not begun: $gone [net:0]" << END
timeout $a
remove $b
$gone
END
says "beginnings without an end" "never ended: $a [net:0]
never ended: prefix 20.0.0.0/24 [net:0]" << END
$new
add $a
END
says "two beginnings" "begun twice: $new [net:0]" << END
$new
$new
$gone
END
says "bindings that another prefix inherits" "never ended: $b [net:0]
never ended: prefix 20.0.0.2/31 [net:0]" << END
$new
new prefix 20.0.0.2/31
add $a
add $b
$gone
END
says "a prefix flushed" "" << END
$new
add $a
prefix 20.0.0.0/24 flushed
add binding 10.0.0.2 -> 20.0.0.1
$gone
END
says "events lost" "why: 3 events lost [net:0]" << END
$new
add $a
3 events lost
timeout $b
END
says "events that a test wants to lose" "" << END
test case: one
events may be lost
3 events lost
timeout $b
add $a
$gone
END
says "what is wrong also after lost events" \
	"the address is 10.0.0.1's: add binding 10.0.0.3 -> 20.0.0.1 [net:0]" << END
test case: one
events may be lost
3 events lost
add $a
add binding 10.0.0.3 -> 20.0.0.1
$gone
END
says "a log that is switched off and on" "" << END
$new
add $a
the log is switched
the log is switched
timeout $a
add $b
timeout $b
$gone
END
says "a silent end" "" << END
$new [net:7]
add $a [net:7]
silent end: net:7
END
echo "1..$count"
