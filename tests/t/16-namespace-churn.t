#!/bin/bash
# Many namespaces come and go with their rules in place, on several CPUs.
# vm: cpus=2
. tests/lib.sh

# live_and_die NAMESPACE
live_and_die() {
	busy_netns "$1" 100
	ip netns delete "$1"
}

test_case "sixty namespaces come and go with their rules in place"
sysctl -qw net.netfilter.nf_log_all_netns=0
before=$(memory)
figure 60 namespaces
for i in {1..30}; do
	live_and_die "a$i" &
	live_and_die "b$i"
	wait $!
done
within 30 0 "all rules are gone" users
within 30 "" "all memory is free" grown "$before"
sysctl -qw net.netfilter.nf_log_all_netns=1
