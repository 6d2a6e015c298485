#!/bin/bash
# Whose events the kernel log has: the initial namespace's, and those of others
# where net.netfilter.nf_log_all_netns is 1, marked as such.
# share: um
. tests/lib.sh

lines() {
	dmesg -t | sed "1,/^test case: \[$BACKEND\] $CASE/d" | grep ^xt_DNETMAP
}

# One life of a binding, in the namespace.
life() {
	inner_hosts "$1"
	in_ns "$1" "iptables-$BACKEND" -t nat -A OUTPUT \
		-j DNETMAP --prefix 20.0.0.0/26 --ttl 1
	talk "$1" flood 100.64.0.1 1 203.0.113.1
	pass_time 3
	in_ns "$1" "iptables-$BACKEND" -t nat -F
	pass_time 2
}

lines_of_a_life() {
	sed "s/^/xt_DNETMAP: /; s/$/$1/" <<- END
		new prefix 20.0.0.0/26
		add binding 100.64.0.1 -> 20.0.0.0
		timeout binding 100.64.0.1 -> 20.0.0.0
		prefix 20.0.0.0/26 removed
	END
}

# The initial namespace has a name among the others for a while.
in_initial_namespace() {
	touch /run/netns/initial
	mount --bind /proc/1/ns/net /run/netns/initial
	life initial
	ip link delete sink
	ip route delete local 100.64.0.0/10 dev lo
	ip netns delete initial
}

for all in 0 1; do
	test_case "the initial namespace, nf_log_all_netns=$all"
	sysctl -qw net.netfilter.nf_log_all_netns=$all
	in_initial_namespace
	is "$(lines)" "$(lines_of_a_life "")" "is always told, without a mark"
	sysctl -qw net.netfilter.nf_log_all_netns=1
done

test_case "another namespace, nf_log_all_netns=0"
sysctl -qw net.netfilter.nf_log_all_netns=0
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
tell 20.0.0.0_26 nonsense > /dev/null
nat -F POSTROUTING
life gw
is "$(lines)" "" "is not told, neither what happened nor what was refused"
sysctl -qw net.netfilter.nf_log_all_netns=1

# Of such lines there are ten in 5 s.
test_case "a namespace that is not told does not use up the lines of others"
sysctl -qw net.netfilter.nf_log_all_netns=0
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
for _ in {1..20}; do tell 20.0.0.0_26 nonsense; done > /dev/null
sysctl -qw net.netfilter.nf_log_all_netns=1
tell 20.0.0.0_26 "more nonsense" > /dev/null
is "$(lines | grep -c nonsense)" 1 "one who is told gets his line"
pass_time 6
tell 20.0.0.0_26 nonsense > /dev/null
is "$(dmesg | sed '1,/test case: .*use up/d' | grep -c suppressed)" 0 \
	"and nobody counts the others"
sysctl -qw net.netfilter.nf_log_all_netns=0
nat -F POSTROUTING
within 2 "" "its rule goes unseen, too" files
sysctl -qw net.netfilter.nf_log_all_netns=1

test_case "another namespace, nf_log_all_netns=1"
life gw
is "$(lines)" "$(lines_of_a_life " [net:$(stat -Lc %i /run/netns/gw)]")" \
	"is told, with its inode"

test_case "a namespace that is deleted"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl 5
talk lan flood 192.168.0.1 2 "$WAN"
logged "what was" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 20.0.0.1"
silent_end gw
kill_strays
ip netns delete gw
pass_time 8
is "$(klog | sed 1,3d)" "" "has no more to tell"
