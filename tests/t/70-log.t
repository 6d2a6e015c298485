#!/bin/bash
# The kernel log: an exact record, in order, off the packet path.
. tests/lib.sh

test_case "every line"
net="[net:$(stat -Lc %i /run/netns/gw)]"
nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --reuse
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31 --ttl 100
flow 192.168.0.10 > /dev/null
flow 192.168.0.11 > /dev/null
flow 192.168.0.12 > /dev/null
flow 192.168.0.12 198.51.100.3 > /dev/null
gw tee /proc/net/xt_DNETMAP/20.0.0.0_31 <<< -192.168.0.11 > /dev/null
pass_time 102
flow 192.168.0.12 > /dev/null
gw tee /proc/net/xt_DNETMAP/20.0.0.0_31 <<< flush > /dev/null
nat -F
pass_time 2
is "$(dmesg -xt | sed "1,/test case: \[$BACKEND\]/d" | grep DNETMAP)" "$(sed "s/^/kern  :info  : xt_DNETMAP: /; s/$/ $net/" <<- END
	new prefix 20.0.0.0/31
	add binding 192.168.0.10 -> 20.0.0.0
	add binding 192.168.0.11 -> 20.0.0.1
	ip 192.168.0.12 - no free addresses in prefix 20.0.0.0/31
	ip 192.168.0.12 - no free addresses in any prefix
	remove binding 192.168.0.11 -> 20.0.0.1
	timeout binding 192.168.0.10 -> 20.0.0.0
	add binding 192.168.0.12 -> 20.0.0.1
	prefix 20.0.0.0/31 flushed
	prefix 20.0.0.0/31 removed
END
)" "to the letter, at level info"

test_case "prefix removed and prefix flushed stand for the removes"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
for host in 1 2 3; do flow 192.168.0.$host > /dev/null; done
gw tee /proc/net/xt_DNETMAP/20.0.0.0_26 <<< flush > /dev/null
for host in 4 5; do flow 192.168.0.$host > /dev/null; done
nat -F
logged "one line for all active bindings" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.3 -> 20.0.0.2" \
	"prefix 20.0.0.0/26 flushed" \
	"add binding 192.168.0.4 -> 20.0.0.0" \
	"add binding 192.168.0.5 -> 20.0.0.1" \
	"prefix 20.0.0.0/26 removed"

test_case "removing an expired binding writes nothing"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31 --ttl 0
talk lan flood 192.168.0.1 3 "$WAN"
gw tee /proc/net/xt_DNETMAP/20.0.0.0_31 <<< -192.168.0.2 > /dev/null
nat -F
logged "its timeout was its end" \
	"new prefix 20.0.0.0/31" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"timeout binding 192.168.0.1 -> 20.0.0.0" \
	"add binding 192.168.0.2 -> 20.0.0.1" \
	"timeout binding 192.168.0.2 -> 20.0.0.1" \
	"add binding 192.168.0.3 -> 20.0.0.0" \
	"timeout binding 192.168.0.3 -> 20.0.0.0" \
	"prefix 20.0.0.0/31 removed"

test_case "what has not been noticed before the end is told before it"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/31 --ttl 1
talk lan flood 192.168.0.1 1 "$WAN"
pass_time 1.1
nat -F
logged "the timeout, then the removal" \
	"new prefix 20.0.0.0/31" \
	"add binding 192.168.0.1 -> 20.0.0.0" \
	"timeout binding 192.168.0.1 -> 20.0.0.0" \
	"prefix 20.0.0.0/31 removed"

# when PATTERN: the time of such a line
when() { dmesg | sed -nE "s/^\[ *([0-9.]+)\] .*$1.*/\1/p" | tail -n 1; }

test_case "lines come within a second of their events"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
for i in 1 2 3 4 5; do
	before=$(uptime)
	talk lan flood "192.168.0.$i" 1 "$WAN"
	after=$(uptime)
	pass_time "1.$i"
	in_range "$(when "add binding 192.168.0.$i ->")" "$before" "$after + 1" \
		"binding $i"
done

# On one CPU nothing else gets to run while a real-time task does.
test_case "lines are never written from the packet path"
inner_hosts gw
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/30 --ttl 0
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/30 --ttl 0
chrt -f 10 bash -c 'talk gw flood 100.64.0.1 10 203.0.113.1; dmesg -t' > /tmp/log
is "$(sed "1,/^test case: \[$BACKEND\] $CASE/d" /tmp/log |
	grep -c 'add binding 100.64')" 0 "while packets are sent, none"
within 2 10 "work writes them" eval "klog | grep -c ^add"

# What prints them waits for a real-time task to end, and then takes longer than it
# takes for the next lines to be due.
test_case "lines of rules that are gone come before those of rules that follow"
inner_hosts gw
(
	chrt -f -p 10 "$BASHPID"
	nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/20
	talk gw flood 100.64.0.0 4000 203.0.113.1
	nat -F POSTROUTING
	wait_for 2 sees "" files
	nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/20
	talk gw flood 100.64.1.0 1 203.0.113.1
)
wait_for 5 eval '[ "$(klog | grep -c "^add binding 100.64.1.0 ")" = 2 ]'
is "$(klog | sed -E 's/^add.*/add/' | uniq -c | xargs)" \
	"1 new prefix 20.0.0.0/20 4000 add 1 prefix 20.0.0.0/20 removed \
1 new prefix 20.0.0.0/20 1 add" "in this order"
