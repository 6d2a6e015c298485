#!/bin/bash
# Readers of /proc/net/xt_DNETMAP on several CPUs, while packets make bindings
# and rules come and go: nobody waits for ever, and what they read is right.
# vm: cpus=4
. tests/lib.sh

test_case "reading while all else goes on"
nat -A PREROUTING -j DNETMAP --prefix 20.0.0.0/28 --ttl 1
start_reading 2
while [ -e /tmp/reading ]; do
	talk lan flood 192.168.0.1 100 "$WAN" || echo "a flood failed: $?"
done > /tmp/floods 2>&1 & flooder=$!
for ttl in {1..15}; do
	nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/24 --ttl $((ttl % 3))
	talk lan flood 192.168.1.1 100 "$WAN"
	nat -F POSTROUTING
done
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/24 --ttl 9
# The floods leave no room for one packet in ten, but these come again.
like "$(PROTOCOL=tcp flow 192.168.2.1)" "^20\.0\.0\." "packets go through"
stop_reading
wait "$flooder"
is "$(cat /tmp/floods)" "" "and did so all the time"
