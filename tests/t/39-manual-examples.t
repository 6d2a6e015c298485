#!/bin/bash
# The three examples of the manual page, end to end.
# share: um
. tests/lib.sh

# ttl PREFIX HOST: of this host's binding
ttl() { bindings "$1" | awk -v host="$2" '$1 == host { print $6 }'; }

test_case "example 1: SNAT only"
nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/26
is "$(gw ls /proc/net/xt_DNETMAP)" "20.0.0.0_26
20.0.0.0_26_stat" "the prefix has its files"
is "$(flow 192.168.0.10)" 20.0.0.0 "a host is mapped"
is "$(flow 192.168.1.10)" 192.168.1.10 "one of another subnet is not"
is "$(inbound 20.0.0.0)" none "there is no way in"
talk lan flood 192.168.0.11 63 $WAN
like "$(bindings 20.0.0.0_26_stat)" "^64 64 59[89]$" "64 hosts have all 64 addresses"
is "$(flow 192.168.0.74)" 192.168.0.74 "for the next, traversal continues"
within 2 "ip 192.168.0.74 - no free addresses in prefix 20.0.0.0/26" \
	"and a notice is logged" eval "klog | tail -n 1"
pass_time 500
in_range "$(ttl 20.0.0.0_26 192.168.0.73)" 98 99 "time runs down"
is "$(flow 192.168.0.73)" 20.0.0.63 "a host that sends again"
is "$(ttl 20.0.0.0_26 192.168.0.73)" 599 "has its ttl regenerated"
pass_time 102
is "$(flow 192.168.0.74)" 20.0.0.0 "the timed-out entries are given again"
is "$(pairs 20.0.0.0_26 | sed -n '1p;2p;$p')" "192.168.0.74 -> 20.0.0.0
192.168.0.11 -> 20.0.0.1
192.168.0.73 -> 20.0.0.63" "the table"

test_case "example 2: --reuse, --ttl, and two rules"
nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/26 \
	--reuse --ttl 200
nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 30.0.0.0/26
talk lan flood 192.168.0.0 64 $WAN
like "$(bindings 20.0.0.0_26_stat)" "^64 64 19[89]$" "64 hosts, for 200 seconds"
is "$(flow 192.168.0.64)" 30.0.0.0 "the next is of the second prefix"
is "$(ttl 30.0.0.0_26 192.168.0.64)" 599 "with the default ttl"
pass_time 100
is "$(flow 192.168.0.64)" 30.0.0.0 "while active it is SNATed by the first rule"
is "$(ttl 30.0.0.0_26 192.168.0.64)" 199 "which gives its own ttl"
pass_time 202
is "$(flow 192.168.0.64)" 30.0.0.0 "and when it is not, as of --reuse"
is "$(ttl 30.0.0.0_26 192.168.0.64)" 199 "with its own ttl"
is "$(flow 192.168.0.65)" 20.0.0.0 "a new host has a timed-out address"
talk lan flood 192.168.0.0 128 $WAN
like "$(bindings 20.0.0.0_26_stat; bindings 30.0.0.0_26_stat)" \
	"^64 64 19[0-9].64 64 59[0-9]$" "both are exhausted"
is "$(flow 192.168.0.128)" 192.168.0.128 "traversal continues"

test_case "example 3: both ways"
nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
is "$(inbound 20.0.0.0)" none "nobody is at a public address yet"
is "$(flow 192.168.0.10)" 20.0.0.0 "a host sends, and is bound"
is "$(inbound 20.0.0.0)" 192.168.0.10 "now whatever goes there comes to it"
is "$(PROTOCOL=tcp inbound 20.0.0.0)" 192.168.0.10 "by any protocol"
is "$(flow 192.168.0.11 20.0.0.0)" 20.0.0.1 "from its neighbours too"
pass_time 602
is "$(inbound 20.0.0.0)" none "as long as the binding is active"
nat -A POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 30.0.0.0/26
is "$(flow 192.168.1.10)" 30.0.0.0 "the rule without --prefix"
is "$(inbound 30.0.0.0)" 192.168.1.10 "serves all prefixes"
