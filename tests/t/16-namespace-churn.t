#!/bin/bash
# Many namespaces come and go with their rules in place, on several CPUs.
# vm: cpus=2
. tests/lib.sh

rules="*nat
-A POSTROUTING -j DNETMAP --prefix 20.0.0.0/8
-A OUTPUT -j DNETMAP --prefix 20.0.0.0/26 --ttl 1
-A PREROUTING -j DNETMAP
COMMIT"

users() { cat /sys/module/xt_DNETMAP/refcnt; }

# memory: what the module has allocated, and where; but not the lists of hooks
memory() {
	awk -v RS= '/\[xt_DNETMAP\]/ && !/nf_ct_netns/ { print FILENAME, $1, $2 }' \
		/sys/kernel/debug/slab/*/alloc_traces | sort
}

# grown: what of that is more than before
grown() { comm -13 <(echo "$before") <(memory); }

# live_and_die NAMESPACE
live_and_die() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n "$1" route add local 192.168.0.0/16 dev lo
	in_ns "$1" "iptables-$BACKEND-restore" <<< "$rules"
	talk "$1" flood 192.168.0.0 100 192.168.0.1
	ip netns delete "$1"
}

test_case "sixty namespaces come and go with their rules in place"
sysctl -qw net.netfilter.nf_log_all_netns=0
before=$(memory)
for i in {1..30}; do
	live_and_die "a$i" &
	live_and_die "b$i"
	wait $!
done
within 30 0 "all rules are gone" users
within 30 "" "all memory is free" grown
sysctl -qw net.netfilter.nf_log_all_netns=1
