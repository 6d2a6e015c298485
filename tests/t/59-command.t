#!/bin/bash
# The command's words: what each verb refuses, with which status, and that neither
# valgrind nor sanitizers find anything. And how it ends where its output does not go
# on.
# lanes: um
# vm: backends=nft checkers=yes clock=real timeout=2400
. tests/lib.sh

HOST=192.168.0.10

# run COMMAND...: what it says, and its status
run() {
	gw "$@" < /dev/null 2>&1 > /dev/null
	echo "status $?"
}

memcheck=(valgrind.bin -q --leak-check=full --error-exitcode=99)

# words: lines STATUS|MESSAGE|WORD... from standard input, of which a message is a
# pattern. What is wrong with the command line alone valgrind need not see.
words() {
	local status message list checked
	while IFS='|' read -r status message list; do
		for checked in dnetmap dnetmap-sanitized "${memcheck[*]} dnetmap"; do
			case $status:$checked in 2:valgrind*) continue ;; esac
			# shellcheck disable=SC2086 # words
			seen=$(run $checked $list)
			# shellcheck disable=SC2053 # a pattern
			if [[ $seen = ${message:+"dnetmap: "$message$'\n'}"status $status" ]]; then
				pass "${checked##* } $list"
			else
				fail "${checked##* } $list" "expected: $message, status $status" \
					"seen:     $seen"
			fi
		done
	done
}

test_case "words"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow $HOST > /dev/null
gw dnetmap add 192.168.0.11 20.0.0.11 static
gw dnetmap add 192.168.0.12 20.0.0.12 expired 5
words << 'END'
0||
0||-j
0||list
0||-j list prefix 20.0.0.0/26 prenat 192.168.0.0/16 state active
0||show 20.0.0.0
1|show: no binding has 20.0.0.9|show 20.0.0.9
0||add 192.168.0.20 20.0.0.20 ttl 100.5 in 20.0.0.0/26
1|add: no such prefix|add 192.168.0.21 50.0.0.20
1|add: 192.168.0.21 -> 20.0.0.0: in the way is 192.168.0.10 -> 20.0.0.0, which only force ends|add 192.168.0.21 20.0.0.0
1|add: expected a host outside the prefix and an address for it inside|add 0.0.0.0 20.0.0.1
0||-x del 20.0.0.20
1|del: no such binding|del 192.168.0.10 20.0.0.5
1|flush: no such prefix|flush 50.0.0.0/24
0||-x prefix new 20.0.0.0/26
1|prefix new: the prefix exists|prefix new 20.0.0.0/26
1|prefix del: rules name the prefix|prefix del 20.0.0.0/26
1|prefix del: no such prefix|prefix del 50.0.0.0/24
0||prefix set 20.0.0.0/26 persistent off
1|prefix set: no such prefix|prefix set 50.0.0.0/24 persistent on
0||stats
0||-j stats
0||stats --prometheus
0||save
0||save /tmp/state
1|/tmp: expected a regular file|save /tmp
1|/nowhere/x: No such file or directory|save /nowhere/x
0||who 20.0.0.0
0||-j who 192.168.0.12
1|who: 20.0.0.0 at 1970-01-01T00:00:01.000Z: not known: the record is from *|who 20.0.0.0 at @1
0||check
0||-j check
1|--netns: x: No such file or directory|-n x list
1|--netns: a/b: expected a name, as ip netns has it|-n a/b list
0||--help
0||list --help
0||--version
2|nonsense: no such verb; see dnetmap --help|nonsense
2|--color: x: expected auto, always or never|-c x list
2|list: nonsense: expected a value behind it|list nonsense
2|list: nonsense: expected prefix, prenat or state|list nonsense x
2|list prefix: 20.0.0.1/26: expected ADDR/LEN|list prefix 20.0.0.1/26
2|list prenat: host: expected ADDR or ADDR/LEN|list prenat host
2|list state: dead: expected active, static or expired|list state dead
2|show: nothing: expected one address|show
2|show: x: expected one address|show 20.0.0.1 x
2|add: nothing: expected a private and a public address|add
2|add: nothing behind it: expected a private and a public address|add 192.168.0.20
2|add: x: expected a private and a public address|add 192.168.0.20 x
2|add: ttl: nothing: expected 0 to 2147483647 seconds|add 192.168.0.20 20.0.0.20 ttl
2|add: ttl: 2147483648: expected 0 to 2147483647 seconds|add 192.168.0.20 20.0.0.20 ttl 2147483648
2|add: ttl: 1.2345: expected 0 to 2147483647 seconds|add 192.168.0.20 20.0.0.20 ttl 1.2345
2|add: in: nothing: expected ADDR/LEN|add 192.168.0.20 20.0.0.20 in
2|add: in: x: expected ADDR/LEN|add 192.168.0.20 20.0.0.20 in x
2|add: x: expected static, ttl, expired, in or force|add 192.168.0.20 20.0.0.20 x
2|del: nothing: expected an address|del
2|del: in: x: expected ADDR/LEN|del 20.0.0.0 in x
2|del: x: expected one address or a pair, and in PREFIX|del 20.0.0.0 x
2|flush: nothing: expected one prefix ADDR/LEN|flush
2|flush: x: expected one prefix ADDR/LEN|flush 20.0.0.0/26 x
2|prefix: x: expected new, set or del|prefix x
2|prefix new: nothing: expected one prefix ADDR/LEN|prefix new
2|prefix new: x: expected one prefix ADDR/LEN|prefix new 20.0.0.0/26 x
2|prefix set: nothing: expected ADDR/LEN|prefix set
2|prefix set: expected PREFIX persistent on, or off|prefix set 20.0.0.0/26 persistent x
2|stats: x: expected --prometheus or nothing|stats x
2|monitor: x: expected --snapshot or --since SEQ|monitor x
2|monitor --since: 0: expected the number of an event|monitor --since 0
2|save: x: expected one file|save /tmp/state x
2|restore: x: expected one file|restore /tmp/state x
2|who: nothing: expected an address|who
2|who at: nothing: expected a time|who 20.0.0.0 at
2|who at: x: expected YYYY-MM-DDTHH:MM:SS*|who 20.0.0.0 at x
2|check: x: expected nothing behind it|check x
END

CASE="files"
cd /tmp || exit
state() { printf '# dnetmap save 1\n%b' "$2" > "$1"; }
: > empty
echo "# something" > headless
state cut 'add 192.168.0.20'
state few 'add 192.168.0.20\n'
state many 'a b c d e f g h i j k l m\n'
state unknown 'flush 20.0.0.0/26\n'
state by-force 'add 192.168.0.20 20.0.0.20 force\n'
state deletes 'prefix del 20.0.0.0/26\n'
state twice 'add 192.168.0.20 20.0.0.20\nadd 192.168.0.21 20.0.0.20\n'
state in-the-way '\nadd 192.168.0.20 20.0.0.0\n'
state nowhere 'prefix new 60.0.0.0/24\nadd 192.168.0.20 60.0.0.1\nadd 192.168.0.21 50.0.0.1\n'
state late 'prefix new 60.0.0.0/24\nadd 192.168.0.20 60.0.0.1\nadd 20.0.0.1 20.0.0.2\n'
echo '{' > no-json
echo '[]' > array
echo '{"event":"add"}' > bare
echo '{"event":"x"}' > other
printf '{}' > unended
printf '%5000s' '' > long
gw dnetmap -j monitor --snapshot > record & wait_for 5 test -s record
kill $!
words << 'END'
0||restore /tmp/state
0||restore --check /tmp/state
1|standard input: the file is empty|restore
1|/nowhere: No such file or directory|restore /nowhere
1|/tmp: Is a directory|restore /tmp
1|empty: the file is empty|restore empty
1|headless, line 1: expected "# dnetmap save 1"|restore headless
1|cut, line 2: the file ends in the middle of a line|restore cut
1|few, line 2: nothing behind it: expected a private and a public address|restore few
1|many, line 2: too many words|restore many
1|unknown, line 2: flush: expected add or prefix new|restore unknown
1|by-force, line 2: force: restore ends no binding|restore by-force
1|deletes, line 2: expected prefix new ADDR/LEN|restore deletes
1|twice, line 3: 192.168.0.21 -> 20.0.0.20: in the way is 192.168.0.20 -> 20.0.0.20 of line 2|restore twice
1|in-the-way, line 3: 192.168.0.20 -> 20.0.0.0: in the way is 192.168.0.10 -> 20.0.0.0|restore --check in-the-way
1|nowhere, line 4: no such prefix|restore --check nowhere
1|late, line 4: expected a host outside the prefix and an address for it inside|restore late
1|/nowhere: No such file or directory|who 20.0.0.0 /nowhere
1|/tmp, line 1: Is a directory|who 20.0.0.0 /tmp
1|who: 20.0.0.0 at *: not known: the record has no event|who 20.0.0.0 empty
1|no-json, line 1: expected an object, as dnetmap -j monitor prints: *|who 20.0.0.0 no-json
1|array, line 1: expected an object, as dnetmap -j monitor prints: it is none|who 20.0.0.0 array
1|bare, line 1: seq: nothing: expected that of an event|who 20.0.0.0 bare
1|other, line 1: event: "x": expected that of an event|who 20.0.0.0 other
1|unended, line 1: the file ends in the middle of a line|who 20.0.0.0 unended
1|long, line 1: longer than an event can be|who 20.0.0.0 long
1|who: 20.0.0.0 at *: not known: the record is from *|who 20.0.0.0 record
END
is "$(gw dnetmap -H | awk '{ print $1 }')" 20.0.0.0/26 "the prefix of a refused file is no more"
cd - > /dev/null || exit

# static FILE COUNT: a state of so many bindings, with a prefix of their own
static() {
	mawk -v count="$2" 'BEGIN {
		print "# dnetmap save 1\nprefix new 30.0.0.0/16"
		for (i = 0; i < count; i++) {
			rest = int(i / 256) "." i % 256
			print "add 10.9." rest " 30.0." rest " static in 30.0.0.0/16"
		}
	}' > "$1"
}

test_case "output that does not go on"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow $HOST > /dev/null
for list in "" -j list "-j list" "show $HOST" stats "stats --prometheus" save \
	"monitor --snapshot" "-j monitor --since 1" "who $HOST" check --help --version; do
	# shellcheck disable=SC2086 # words
	is "$(gw timeout 5 dnetmap $list 2>&1 > /dev/full || echo "status $?")" \
		"dnetmap: cannot write: No space left on device
status 1" "a full disk: ${list:-without a verb}"
done
static /tmp/state 1500
gw dnetmap restore /tmp/state
gw seq 2000 | sed 's,.*,route add 10.8.0.0/16 dev lo table &,' > /tmp/routes
ip -n gw -batch /tmp/routes
read_one() { gw "$@" 2>&1 | head -n 1 > /dev/null; echo "${PIPESTATUS[0]}"; }
like "$(read_one dnetmap list)" '^141$' "a reader who has gone"
is "$(read_one dnetmap -j list)" "$(read_one ip route list table all)" "ends it as it ends ip"
gw dnetmap prefix del 30.0.0.0/16
