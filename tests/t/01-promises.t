#!/bin/bash
# The promises: a host has one binding, an address has one, in a namespace; a
# pair never changes; while it is active, nobody else gets its address.
. tests/lib.sh

pairs() { bindings "$1" | sed 's/ ---.*//'; }

test_case "all state is per network namespace"
ip netns add other
inner_hosts other
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
in_ns other "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
flow 192.168.0.11 > /dev/null
talk other flood 100.64.0.1 1 203.0.113.1
is "$(in_ns other sed 's/ ---.*//' /proc/net/xt_DNETMAP/20.0.0.0_26)" \
	"100.64.0.1 -> 20.0.0.0" "the same prefix, in another namespace"
is "$(pairs 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0
192.168.0.11 -> 20.0.0.1" "knows nothing of the one here"
in_ns other "iptables-$BACKEND" -t nat -F
is "$(pairs 20.0.0.0_26 | wc -l)" 2 "which outlives it"

test_case "conntrack zones are no part of the key"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
ipt -t raw -A PREROUTING -p tcp -j CT --zone 1
is "$(flow 192.168.0.10)" 20.0.0.0 "a flow without a zone"
is "$(PROTOCOL=tcp flow 192.168.0.10)" 20.0.0.0 "a flow in a zone"
is "$(pairs 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0" "the host has one binding"

test_case "VRFs are no part of the key"
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26
is "$(flow 192.168.0.10)" 20.0.0.0 "a flow without a VRF"
ip -n gw -batch - <<- END
	link add blue type vrf table 10
	link set blue up
	link set lan master blue
	route add table 10 192.168.0.0/16 via 10.0.0.2 dev lan
	route add table 10 198.51.100.0/24 dev wan
	route add 192.168.0.0/16 dev blue
END
is "$(flow 192.168.0.10)" 20.0.0.0 "a flow through a VRF"
is "$(pairs 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0" "the host has one binding"

test_case "a host has one binding over all prefixes"
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -I POSTROUTING -p tcp -j DNETMAP --prefix 20.0.0.0/25
is "$(flow 192.168.0.10)" 20.0.0.0 "from one prefix"
is "$(flow 192.168.0.10 198.51.100.3)" 20.0.0.0 "not another from the next"
is "$(PROTOCOL=tcp flow 192.168.0.10)" 20.0.0.0 "nor from one that overlaps"
is "$(pairs 20.0.0.0_25)$(pairs 30.0.0.0_26)" "192.168.0.10 -> 20.0.0.0" \
	"there is one binding"
pass_time 601
is "$(flow 192.168.0.10 198.51.100.3)" 30.0.0.0 \
	"a new one, once the first has expired"
is "$(pairs 20.0.0.0_25)$(pairs 30.0.0.0_26)" "192.168.0.10 -> 30.0.0.0" \
	"takes its place"

test_case "while a binding is active, nobody else gets its address"
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/30
nat -A PREROUTING -j DNETMAP --ttl -1
for host in 1 2 3 4; do
	is "$(flow 192.168.0.$host)" 20.0.0.$((host - 1)) "host $host has an address"
done
pass_time 590
for host in 5 6 7; do
	is "$(flow 192.168.0.$host)" 192.168.0.$host "host $host has none"
done
for host in 1 2 3 4; do
	is "$(inbound 20.0.0.$((host - 1)))" 192.168.0.$host \
		"host $host is reached by its own"
done
