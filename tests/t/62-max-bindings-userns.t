#!/bin/bash
# Whoever makes a user namespace of his own gets 65536 bindings, and no more.
# vm: backends=nft timeout=600
. tests/lib.sh

test_case "65536 bindings in a namespace of somebody else's root"
sysctl -qw net.netfilter.nf_log_all_netns=0
new_tenant
tenant "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/15
talk tenant flood 100.64.0.0 65536 203.0.113.1
like "$(tenant cat /proc/net/xt_DNETMAP/20.0.0.0_15_stat)" "^65536 131072 " \
	"so many hosts are served"
talk tenant flood 100.65.0.0 10 203.0.113.1
like "$(tenant cat /proc/net/xt_DNETMAP/20.0.0.0_15_stat)" "^65536 131072 " \
	"others are refused"
inner_hosts gw
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/15
talk gw flood 100.64.0.0 65546 203.0.113.1
like "$(bindings 20.0.0.0_15_stat)" "^65546 131072 " \
	"in a namespace of the machine's root there are more"
