#!/bin/bash
# Which address a prefix gives to a new host.
# share: um
. tests/lib.sh

# flows HOST...: a flow from each host 192.168.0.HOST; what they are seen as
flows() {
	local host seen=()
	for host in "$@"; do seen+=("$(flow "192.168.0.$host")"); done
	echo "${seen[@]}"
}

# lasting HOST TTL PREFIX: flows of that host get an address for that long
lasting() {
	nat -A POSTROUTING -s "192.168.0.$1" -j DNETMAP --prefix "$3" --ttl "$2"
}

test_case "never given before"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(flows 10)" 20.0.0.0 "the first host gets the first address"
is "$(flows 12 11 255)" "20.0.0.1 20.0.0.2 20.0.0.3" "then the lowest, in turn"
pass_time 300
is "$(flows 11)" 20.0.0.2 "(one stays longer)"
pass_time 302
is "$(flows 1 2)" "20.0.0.4 20.0.0.5" \
	"lower ones that have expired come after all that were never given"
talk lan flood 192.168.1.0 58 $WAN
is "$(flows 3)" 20.0.0.0 "and after the last, 20.0.0.63, the first that expired"
is "$(bindings 20.0.0.0_26 | grep -c 'ttl: 5')" 61 "59 new ones were given"

test_case "anew with each life of the prefix"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(flows 10 11)" "20.0.0.0 20.0.0.1" "one life"
nat -D POSTROUTING 1
wait_for 2 gw test ! -e /proc/net/xt_DNETMAP/20.0.0.0_26
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(flows 11 10)" "20.0.0.0 20.0.0.1" "another"
gw tee /proc/net/xt_DNETMAP/20.0.0.0_26 <<< flush > /dev/null
is "$(flows 12 11)" "20.0.0.0 20.0.0.1" "and after each flush"

test_case "expired the longest, with mixed ttls"
lasting 10 400 20.0.0.0/30
lasting 11 100 20.0.0.0/30
lasting 12 300 20.0.0.0/30
lasting 13 200 20.0.0.0/30
nat -A POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 20.0.0.0/30 --ttl 9999
is "$(flows 10 11 12 13)" "20.0.0.0 20.0.0.1 20.0.0.2 20.0.0.3" "four hosts"
pass_time 250
is "$(flow 192.168.1.1)" 20.0.0.1 "the one with the shortest ttl is first"
is "$(flow 192.168.1.2)" 20.0.0.3 "then the next"
is "$(flow 192.168.1.3)" 192.168.1.3 "the others are active still"
pass_time 200
is "$(flow 192.168.1.4)" 20.0.0.2 "the third"
is "$(flow 192.168.1.5)" 20.0.0.0 "the longest"

test_case "a hit moves the expiry, to later or to sooner"
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 20.0.0.0/31 --ttl 10
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31
flows 10 11 > /dev/null
pass_time 300
flows 10 > /dev/null
pass_time 302
is "$(flows 12)" 20.0.0.1 "later: the other one has expired"
is "$(flow 192.168.0.10 198.51.100.3)" 20.0.0.0 "(a shorter ttl)"
pass_time 12
is "$(flows 13)" 20.0.0.0 "sooner: it has expired before the other"

test_case "free, as its host has moved to another prefix"
lasting 10 100 20.0.0.0/31
lasting 11 200 20.0.0.0/31
flows 10 11 > /dev/null
pass_time 302
nat -I POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/26
is "$(flow 192.168.0.10 198.51.100.3)" 30.0.0.0 "(it moves)"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31
is "$(flows 12 11)" "20.0.0.0 20.0.0.1" \
	"it has been without an active binding for longer than the expired one"

test_case "bound through another prefix, which overlaps"
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 20.0.0.0/31 --ttl 100
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/30 --ttl 1000
is "$(flow 192.168.0.1 198.51.100.3) $(flow 192.168.0.2 198.51.100.3)" \
	"20.0.0.0 20.0.0.1" "two of the small prefix"
is "$(flows 10 11)" "20.0.0.2 20.0.0.3" "are not given by the large one"
is "$(flows 12)" 192.168.0.12 "while they are active"
pass_time 102
is "$(flows 12)" 192.168.0.12 "nor when they have expired"
is "$(flow 192.168.0.3 198.51.100.3)" 20.0.0.0 "by their own prefix they are"
is "$(flow 192.168.0.4 198.51.100.3) $(flow 192.168.0.5 198.51.100.3)" \
	"20.0.0.1 192.168.0.5" "but not those of the large one"
pass_time 1002
is "$(flow 192.168.0.5 198.51.100.3)" 20.0.0.0 "each keeps to its own"
is "$(flows 12)" 20.0.0.2 "each, indeed"

test_case "free, having been bound through another prefix, which overlaps"
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 20.0.0.0/31
nat -A POSTROUTING -s 192.168.0.1 -j DNETMAP --prefix 30.0.0.0/26
is "$(flow 192.168.0.1 198.51.100.3)" 20.0.0.0 "(a host is bound)"
pass_time 602
is "$(flow 192.168.0.1)" 30.0.0.0 "(it moves elsewhere)"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/30
is "$(flows 10 11 12 13 | xargs -n1 | sort | xargs)" \
	"20.0.0.0 20.0.0.1 20.0.0.2 20.0.0.3" "the other prefix can give it too"

test_case "from the instant of expiry"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32
flows 10 > /dev/null
pass_time 599.5
is "$(flows 11)" 192.168.0.11 "not before"
pass_time 0.51
is "$(flows 11)" 20.0.0.0 "but then"
nat -R POSTROUTING 1 -j DNETMAP --prefix 20.0.0.0/32 --ttl 0
pass_time 602
is "$(flows 12 13 12)" "20.0.0.0 20.0.0.0 20.0.0.0" "which may be at once"
nat -I POSTROUTING -d $WAN -j DNETMAP --prefix 20.0.0.0/32
is "$(flows 10 11)" "20.0.0.0 192.168.0.11" "(one has it, another is refused)"
flow 192.168.0.10 198.51.100.3 > /dev/null
is "$(flows 11)" 20.0.0.0 "also where a host has just been refused"

test_case "an address that the gateway owns itself"
nat -A POSTROUTING -j DNETMAP --prefix 198.51.100.1/32
is "$(flows 10)" 198.51.100.1 "is given like any other"
