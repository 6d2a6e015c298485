#!/bin/bash
# Packets that are not the first of a new flow: a rule touches no binding for
# them. And what a binding is not: undone when its packet is dropped later.
# share: um
. tests/lib.sh

HOST=192.168.0.10
UNREACHED=198.51.100.77

# conntrack_before_rules: flows are tracked, with no NAT in place yet
conntrack_before_rules() { ipt -A FORWARD -m conntrack --ctstate NEW; }

# both_ways: rules that are to count only what they do not take
both_ways() {
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
	nat -A POSTROUTING
	nat -A PREROUTING -i wan -j DNETMAP
	nat -A PREROUTING
}

# ttl PREFIX: of its only binding
ttl() { bindings "$1" | awk '{ print $6 }'; }

# conversation PORT: a TCP connection of $HOST with an echo in the world, from
# that port; "say WORD" tells it something, and prints what comes back
conversation() {
	exec {saying}<> <(:) {hearing}<> <(:)
	wan setsid -f socat TCP4-LISTEN:70 EXEC:cat
	wait_for 5 wan grep -q ":0046 .* 0A " /proc/net/tcp
	lan setsid -f socat STDIO "TCP4:$WAN:70,bind=$HOST:$1" \
		<&"$saying" >&"$hearing"
}

say() {
	local word=
	echo "$1" >&"$saying"
	read -rt 5 -u "$hearing" word
	echo "$word"
}

test_case "a flow older than all NAT, which nobody has answered"
conntrack_before_rules
talk lan ask udp $HOST:4321 $UNREACHED > /dev/null
both_ways
talk lan ask udp $HOST:4321 $UNREACHED > /dev/null
is "$(reached POSTROUTING 2)" 1 "comes to the rule, and to the next"
is "$(bindings 20.0.0.0_26)" "" "but is not bound"
is "$(talk lan ask udp $HOST:4322 $WAN)" "20.0.0.0 4322 $WAN 7" "a new one is"

test_case "a connection older than the rules"
conntrack_before_rules
conversation 4321
is "$(say hello)" hello "it works"
both_ways
is "$(say again)" again "and still does"
is "$(bindings 20.0.0.0_26)" "" "it is not bound"
like "$(gw conntrack -L -p tcp 2>&1)" "dport=70 src=$WAN dst=$HOST " \
	"and not translated"

test_case "a connection picked up in mid-stream"
both_ways
conversation 4321
is "$(say hello)" hello "it works"
pass_time 300
gw conntrack -F 2> /dev/null
is "$(say again)" again "and still does after the gateway has forgotten it"
in_range "$(ttl 20.0.0.0_26)" 598 599 "as it counts as a new flow"
like "$(gw conntrack -L -p tcp 2>&1)" "dst=20\.0\.0\.0 sport=70 dport=4321 " \
	"from the address that it had"

test_case "untracked packets"
both_ways
ipt -t raw -A PREROUTING -s $HOST -j CT --notrack
is "$(flow $HOST)" $HOST "are not translated"
is "$(bindings 20.0.0.0_26)" "" "and not bound"
is "$(flow 192.168.0.11)" 20.0.0.0 "others are"

test_case "invalid packets"
both_ways
ipt -A FORWARD -m conntrack --ctstate INVALID
send_raw lan $HOST $WAN 6 "$(printf %040d 0)"
like "$(ipt -nvxL FORWARD 1)" "^ +1 " "(one has passed)"
is "$(bindings 20.0.0.0_26)" "" "are not bound"

test_case "flows that an earlier rule has taken"
nat -A POSTROUTING -s $HOST -j SNAT --to-source 198.51.100.1
nat -A PREROUTING -d 20.0.0.1 -j DNAT --to-destination 192.168.0.99
both_ways
is "$(flow $HOST)" 198.51.100.1 "by SNAT"
is "$(pairs 20.0.0.0_26)" "" "are not bound"
is "$(flow 192.168.0.11) $(flow 192.168.0.12)" "20.0.0.0 20.0.0.1" "others are"
pass_time 300
is "$(inbound 20.0.0.1)" 192.168.0.99 "by DNAT"
is "$(bindings 20.0.0.0_26 | grep -c 'ttl: 299')" 2 "do not hit a binding"

test_case "a packet that is dropped after it"
both_ways
is "$(flow $HOST $UNREACHED)" none "nobody is there"
is "$(pairs 20.0.0.0_26)" "$HOST -> 20.0.0.0" "the binding was made"
pass_time 300
is "$(flow $HOST $UNREACHED)" none "nobody is there"
in_range "$(ttl 20.0.0.0_26)" 598 599 "and hit"
ipt -A FORWARD -i wan -j DROP
pass_time 300
is "$(inbound 20.0.0.0)" none "dropped by FORWARD"
in_range "$(ttl 20.0.0.0_26)" 598 599 "and hit by PREROUTING before"
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
ipt -A OUTPUT -o wan -j DROP
gw ncat -uw1 $WAN 7 <<< "?" 2> /dev/null
is "$(pairs 20.0.0.0_26)" "$HOST -> 20.0.0.0
198.51.100.1 -> 20.0.0.1" "made in OUTPUT, then dropped by the filter"
