#!/bin/bash
# Events that come faster than they can be kept: those of somebody else's root have
# less room to wait.
# vm: backends=nft log=long timeout=600
. tests/lib.sh

# On one CPU, while a real-time task sends packets, nothing is printed. Each
# packet is two events: the end of the binding before it, and its own begin.
test_case "N events lost"
dmesg -n 4
events_may_be_lost
sysctl -qw kernel.sched_rt_runtime_us=-1
# In 6.12 a fair server gives other tasks a turn all the same.
for server in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do
	[ ! -e "$server" ] || echo 0 > "$server"
done
new_tenant
tenant "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/15 --ttl 0
chrt -f 10 talk tenant flood 100.64.0.0 60000 203.0.113.1
pass_time 3
talk tenant flood 100.66.0.1 1 203.0.113.1
pass_time 3
dmesg -t | sed -nE 's/^xt_DNETMAP: (.*) \[net.*/\1/p' > /tmp/log
is "$(grep -c ' events lost$' /tmp/log)" 1 "one line tells of it"
lost=$(sed -n 's/ events lost$//p' /tmp/log)
in_range "$lost" 1 100000 "it says how many"
is $((lost + $(grep -cE '^(add|timeout) binding 100\.6[45]\.' /tmp/log))) \
	120001 "with those that were kept, and the new prefix, they are all"
sed '1,/ lost$/d; /100\.66\.0\.1 /d' /tmp/log > /tmp/seen
awk 'BEGIN { for (i = 0; i < 60000; i++) {
	pair = "binding 100.64." int(i / 256) "." i % 256 " -> 20.0." \
		int(i / 256) "." i % 256
	print "add", pair "\ntimeout", pair } }' |
	tail -n "$(wc -l < /tmp/seen)" > /tmp/expected
ok "the oldest are lost, and nothing after them" diff /tmp/expected /tmp/seen
is "$(tail -n 2 /tmp/log | cut -d ' ' -f 1-3)" "add binding 100.66.0.1
timeout binding 100.66.0.1" "and the record goes on"

# As many as a namespace may hold bindings, and more.
test_case "more room for the machine's own root"
dmesg -n 4
inner_hosts gw
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/15 --ttl 0
chrt -f 10 talk gw flood 100.64.0.0 60000 203.0.113.1
within 10 120000 "of as many, none is lost" eval \
	"klog | grep -cE '^(add|timeout) binding '"
