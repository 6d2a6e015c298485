#!/bin/bash
# --own with real routes: two uplinks with a pool each, and failover. Each provider
# carries answers to its own pool only.
# share: um
. tests/lib.sh

HOST=192.168.0.10
WORLD=203.0.113.1

# two_uplinks [OPTION...]: wan is the first provider, isp the second one
two_uplinks() {
	ip -batch - <<- END
		netns add isp
		link add eth0 index 13 netns isp type veth peer name wan2 index 23 netns gw
	END
	ip -n isp -batch - <<- END
		link set lo up
		link set eth0 up
		addr add 198.51.101.2/24 dev eth0
		addr add $WORLD/32 dev lo
		route add 30.0.0.0/26 via 198.51.101.1
	END
	ip -n wan -batch - <<- END
		addr add $WORLD/32 dev lo
		route del default
		route add 20.0.0.0/26 via 198.51.100.1
	END
	ip -n gw -batch - <<- END
		link set wan2 up
		addr add 198.51.101.1/24 dev wan2
		route add default via 198.51.100.2 dev wan metric 100
		route add default via 198.51.101.2 dev wan2 metric 200
	END
	wait_for 5 second_is_up
	talk isp serve
	nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26 "$@"
	nat -A POSTROUTING -o wan2 -j DNETMAP --prefix 30.0.0.0/26 "$@"
	nat -A PREROUTING -j DNETMAP
}

second_is_up() {
	ip -n gw -o link show wan2 | grep -q " state UP " &&
		ip -n isp -o link show eth0 | grep -q " state UP "
}

fail_first() { ip -n gw link set wan down; }
repair_first() {
	ip -n gw link set wan up
	wait_for 5 links_are_up
	ip -n gw route add default via 198.51.100.2 dev wan metric 100
}

test_case "without --own, a failover is in vain"
two_uplinks
is "$(flow $HOST $WORLD)" 20.0.0.0 "by the first uplink"
fail_first
is "$(flow $HOST $WORLD)" none "by the second with the first's address"

test_case "with --own"
hosts_have_scopes
two_uplinks --own
is "$(flow $HOST $WORLD)" 20.0.0.0 "by the first uplink"
fail_first
is "$(flow $HOST $WORLD)" 30.0.0.0 "by the second with its own address"
is "$(flow 192.168.0.11 $WORLD)" 30.0.0.1 "a new host, too"
repair_first
is "$(flow $HOST $WORLD)" 20.0.0.0 "by the first again with the address from before"
is "$(flow 192.168.0.11 $WORLD)" 20.0.0.1 "the other gets one"
is "$(pairs 20.0.0.0_26)" "$HOST -> 20.0.0.0"$'\n'"192.168.0.11 -> 20.0.0.1" \
	"both have an address of the first"
is "$(pairs 30.0.0.0_26)" "$HOST -> 30.0.0.0"$'\n'"192.168.0.11 -> 30.0.0.1" \
	"and one of the second"
