#!/bin/bash
# Readers of /proc/net/xt_DNETMAP on several CPUs, while packets make bindings
# and rules come and go: nobody waits for ever, and each line is whole.
# vm: cpus=4
. tests/lib.sh

binding='[0-9.]+ -> 20\.0\.0\.[0-9]+ --- ttl: -?[0-9]+ lasthit: [0-9]+'
numbers='[0-9]+ (256|16) [0-9]+'

# read_files NAMES LINE: prints "whole" in place of each line that is like this
read_files() {
	gw bash -c "cat /proc/net/xt_DNETMAP/$1 2> /dev/null" |
		sed -E "s/^$2$/whole/"
}

# read_all: every file there is, again and again
read_all() {
	while [ -e /tmp/go ]; do
		read_files '*_2[48]' "$binding"
		read_files '*_stat' "$numbers"
	done
}

test_case "reading while all else goes on"
touch /tmp/go
nat -A PREROUTING -j DNETMAP --prefix 20.0.0.0/28 --ttl 1
read_all > /tmp/read1 & readers=($!)
read_all > /tmp/read2 & readers+=($!)
while [ -e /tmp/go ]; do talk lan flood 192.168.0.1 100 "$WAN"; done & flooder=$!
for ttl in {1..15}; do
	nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/24 --ttl $((ttl % 3))
	talk lan flood 192.168.1.1 100 "$WAN"
	nat -F POSTROUTING
done
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/24 --ttl 9
like "$(flow 192.168.2.1)" "^20\.0\.0\." "packets go through"
rm /tmp/go
wait "${readers[@]}" "$flooder"
is "$(sort -u /tmp/read1 /tmp/read2)" whole "whatever was read were whole lines"
