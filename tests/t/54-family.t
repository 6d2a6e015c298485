# shellcheck shell=bash
# The netlink family by raw messages: what it takes, who may ask, and what becomes of
# those who stall, close, or come too late.
# vm: backends=nft ynl=yes timeout=1200
. tests/lib.sh

guest=/tests/vm/guest
# Debian's packages come without what their scripts compile: that is most of the time.
export PYTHONPYCACHEPREFIX=/tmp/pycache

dnetmap() { gw dnetmap "$@"; }
trap_of() { gw python3 $guest/traps.py "$@" 2>&1; }
as_user() { gw setpriv --reuid 12 --regid 34 --clear-groups "$@" 2>&1; }
pool() { nat -A POSTROUTING -j DNETMAP --prefix "$1"; }

# table: pairs with their state
table() { dnetmap -H list | awk '{ print $1, $2, $3 }'; }

# numbered: how many events there have been
numbered() { dnetmap -j stats | grep -o '"event_seq":[0-9]*' | head -n 1; }

# start_holding NAMESPACE WHAT...: $holder has these, until go_on
start_holding() {
	mkfifo /tmp/go /tmp/held
	(exec nsenter "--net=/run/netns/$1" python3 $guest/traps.py hold "${@:2}" \
		< /tmp/go > /tmp/held 2>&1) & holder=$!
	exec {go}> /tmp/go {held}< /tmp/held
	rm /tmp/go /tmp/held
	read -rt 60 -u "$held" line
	is "$line" held "somebody holds: ${*:2}"
}

# go_on: prints the last word of who holds
go_on() {
	echo >&"$go"
	read -rt 60 -u "$held" line
	echo "$line"
}

stop_holding() {
	kill "$holder" 2> /dev/null
	wait "$holder" 2> /dev/null
	exec {go}>&- {held}<&-
}

test_case "the running kernel and the description"
is "$(python3 $guest/policy.py /tests/dnetmap.yaml 2>&1)" "9 operations agree" \
	"have the same attributes, types, limits and flags"

# Linux before 6.2 has one policy for a request and a dump.
state_of_one="EINVAL Unsupported attribute"
if [ "$(uname -r | awk -F. '{ print $1 * 1000 + $2 }')" -lt 6002 ]; then
	state_of_one="EINVAL expected a private address or a public one, or both"
fi

test_case "wrong messages"
pool 20.0.0.0/20
dnetmap add 192.168.0.1 20.0.0.1 static
before=$(table) events=$(numbered)
is "$(trap_of messages)" "cut before the command: EINVAL
a length below that of a header: EINVAL bytes leftover after parsing attributes
an attribute beyond the end: EINVAL bytes leftover after parsing attributes
bytes after the last: EINVAL bytes leftover after parsing attributes
an address too short: EINVAL invalid attribute length
an address too long: EINVAL invalid attribute length
an address with nothing: EINVAL invalid attribute length
a number that is a nest: EINVAL NLA_F_NESTED not expected
a length of 0: ERANGE integer out of range
a length of 33: ERANGE integer out of range
no length: EINVAL expected a prefix with its length
not the first address: EINVAL expected the first address of the prefix
an unknown attribute: EINVAL Unknown attribute type
one of replies only: EINVAL Unknown attribute type
padding: EINVAL Unsupported attribute
an unknown flag: EINVAL reserved bit set
a flag that cannot be set: EINVAL expected persistent: it alone can be set
an unknown command: ENOTSUP
command 0: ENOTSUP
no binding: EINVAL expected 1 to 512 bindings
a binding without a nest: EINVAL NLA_F_NESTED is missing
an empty binding: EINVAL expected a private and a public address
half a binding: EINVAL expected a private and a public address
nested too deep: EINVAL invalid attribute length
an unknown state: ERANGE integer out of range
a static one with a ttl: EINVAL only an active binding has a ttl
too long a ttl: EINVAL expected up to 2147483647 seconds
the longest number: EINVAL expected up to 2147483647 seconds
what cannot be set: EINVAL an attribute cannot be set
a flag with a value: ERANGE Attribute failed policy validation
a good one, then half: EINVAL expected a private and a public address
513 bindings: EINVAL expected 1 to 512 bindings
nobody's binding: ENOENT no such binding
nobody's address: ENOENT no such binding
a state, of one: $state_of_one
a dump of what has none: ENOTSUP
a dump with an attribute: EINVAL Unknown attribute type
a dump with an unknown one: EINVAL Unknown attribute type" "are refused, and why"
is "$(table)" "$before" "change nothing"
is "$(trap_of twice)" 20.0.0.1 "of an attribute that comes twice, the last one counts"
is "$(trap_of bulk)" \
	"last: EEXIST another binding has the host or the address: 511
first: EEXIST another binding has the host or the address: 0
in the middle: EEXIST another binding has the host or the address: 300" \
	"of 512 bindings, the one that is bad is named"
is "$(table) $(numbered)" "$before $events" "and none of them was made, nor told"

test_case "a dump while bindings change"
pool 20.0.0.0/20
is "$(trap_of changing-dump)" "in order
each once
with others" "has each that stays, once"

# by_user EXPECTED NAME: what a user may read; change, he may not
by_user() {
	is "$(as_user python3 $guest/traps.py reading)" "dump bindings: $1
dump prefixes: $1
dump events: $1
get a binding: $1
get a prefix: $1
join: $1
binding-new: EPERM
binding-del: EPERM
prefix-new: EPERM
prefix-set: EPERM
prefix-del: EPERM
flush: EPERM" "$2"
}

test_case "who is not privileged, and others may read"
pool 20.0.0.0/20
dnetmap add 192.168.0.1 20.0.0.1 static
by_user "done" "reads, and changes nothing"

test_case "who is not privileged, and others may not read"
module proc_perms=0600
pool 20.0.0.0/20
dnetmap add 192.168.0.1 20.0.0.1 static
by_user EPERM "reads nothing, and does not listen"
is "$(table)" "192.168.0.1 20.0.0.1 static" "root does"

test_case "root of a user namespace"
new_tenant
tenant dnetmap prefix new 20.0.0.0/20
is "$(tenant python3 $guest/traps.py changing)" "binding-new: done
binding-del: done
prefix-new: done
prefix-set: done
prefix-del: done
flush: ENOENT" "changes his own network namespace"
dnetmap prefix new 20.0.0.0/20
is "$(gw nsenter -U -t "$tenant" python3 $guest/traps.py changing)" "binding-new: EPERM
binding-del: EPERM
prefix-new: EPERM
prefix-set: EPERM
prefix-del: EPERM
flush: EPERM" "and no other"
is "$(dnetmap -H | awk '{ print $1 }')" 20.0.0.0/20 "which is as it was"
dnetmap prefix del 20.0.0.0/20
silent_end tenant

# many NAMESPACE: 2048 bindings, in a prefix that is persistent, without a rule
many() {
	in_ns "$1" dnetmap prefix new 20.0.0.0/20
	in_ns "$1" python3 $guest/traps.py changing-dump > /dev/null
}

test_case "a dump whose reader stalls"
many gw
count=$(table | wc -l)
start_holding gw dump
refused "in use" rmmod xt_DNETMAP
ok "a binding is removed meanwhile" dnetmap del 20.0.15.254
is "$(go_on)" "dumped $((count - 1))" "the reader gets the rest"
stop_holding
start_holding gw dump
stop_holding
ok "who closes it holds up nothing" rmmod xt_DNETMAP
modprobe xt_DNETMAP
note_module_text

test_case "the module goes while somebody listens"
dnetmap prefix new 20.0.0.0/20
start_holding gw listen
ok "it does" rmmod xt_DNETMAP
modprobe xt_DNETMAP
note_module_text
stop_holding
is "$(dnetmap -H)" "" "and comes"

test_case "the namespace goes while somebody dumps and listens"
ip netns add other
many other
count=$(in_ns other dnetmap -H list | wc -l)
start_holding other dump listen
silent_end other
ip netns del other
is "$(go_on)" "dumped $count" "he has it as long as he likes"
stop_holding
within 5 0 "then it goes" users

# stalls HISTORY: of two who listen, one stalls, while there are 10,001 events and
# one more afterwards
stalls() {
	# Newer kernels have a larger one.
	sysctl -qw net.core.rmem_max=212992
	module disable_log=1 event_history="$1"
	inner_hosts gw
	nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/16
	(exec nsenter --net=/run/netns/gw timeout 60 \
		python3 $guest/traps.py listen 10001) > /tmp/reads 2>&1 & reads=$!
	# With the buffer that a user may have.
	(exec nsenter --net=/run/netns/gw setpriv --reuid 12 --clear-groups \
		dnetmap -j monitor) > /tmp/stalls & stalled=$!
	wait_for 20 grep -q listening /tmp/reads
	talk gw flood 100.64.0.0 1 203.0.113.1
	wait_for 20 grep -q 100.64.0.0 /tmp/stalls
	kill -STOP $stalled
	talk gw flood 100.64.0.1 10000 203.0.113.1
	wait $reads
	is "$(tail -n 1 /tmp/reads)" "10001 without a gap" "the other gets all"
	kill -CONT $stalled
	wait_for 20 grep -q '100.64.39.16"' /tmp/stalls
	talk gw flood 100.64.39.17 1 203.0.113.1
	wait_for 20 grep -q '100.64.39.17"' /tmp/stalls
	kill $stalled
	wait $stalled 2> /dev/null
	got=$(grep -c '"event":"add"' /tmp/stalls)
	lost=$(sed -n 's/.*"event":"lost","count":\([0-9]*\).*/\1/p' /tmp/stalls |
		awk '{ sum += $1 } END { print sum + 0 }')
}

test_case "one who listens stalls, and there is a history"
stalls 65536
is "$got $lost" "10002 0" "he gets the rest from it"

test_case "one who listens stalls, and there is no history"
stalls 0
is "$((got + lost))" 10002 "he is told how many he has lost"
in_range "$lost" 1000 9999 "which are many"
