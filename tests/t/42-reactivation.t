#!/bin/bash
# Reactivation: a host that comes back gets its expired binding again.
# share: um
. tests/lib.sh

test_case "reactivation is an add again, with the same pair"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
flow 192.168.0.11 > /dev/null
pass_time 700
is "$(flow 192.168.0.11)" 20.0.0.1 "the second host has its address back"
is "$(flow 192.168.0.10)" 20.0.0.0 "so has the first"
is "$(bindings 20.0.0.0_26 | sed 's/ lasthit.*//')" \
	"192.168.0.10 -> 20.0.0.0 --- ttl: 599
192.168.0.11 -> 20.0.0.1 --- ttl: 599" "each is there once, with a full ttl"
logged "the log tells of two lives" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.11 -> 20.0.0.1" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"add binding 192.168.0.10 -> 20.0.0.0"

test_case "a reactivated binding ends like a new one"
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26 --ttl 5
nat -A PREROUTING -j DNETMAP --ttl -1
for life in first second third; do
	flow 192.168.0.10 > /dev/null
	is "$(inbound 20.0.0.0)" 192.168.0.10 "$life life: DNAT"
	pass_time 5
	is "$(inbound 20.0.0.0)" none "$life life: over"
done
is "$(klog | grep -c "^timeout binding 192.168.0.10 -> 20.0.0.0$")" 3 \
	"three lives, three timeouts"

# With --ttl 0 each packet is the first to touch a binding past its expiry.
test_case "the first to touch it ends it: timeout comes before the add"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl 0
for _ in 1 2 3; do talk lan flood 192.168.0.10 1 "$WAN"; done
logged "also where no time passes between" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0"

test_case "the timeout of one host comes before the add of the next"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32 --ttl 0
talk lan flood 192.168.0.10 3 "$WAN"
logged "where the address passes on" \
	"new prefix 20.0.0.0/32" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.0" \
	"timeout binding 192.168.0.11 -> 20.0.0.0" \
	"add binding 192.168.0.12 -> 20.0.0.0" \
	"timeout binding 192.168.0.12 -> 20.0.0.0"

test_case "an address that was given to somebody else"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32
is "$(flow 192.168.0.10)" 20.0.0.0 "the first host has it"
is "$(flow 192.168.0.11)" 192.168.0.11 "while it is active, nobody else gets it"
pass_time 600
is "$(flow 192.168.0.11)" 20.0.0.0 "once it has expired, the second gets it"
is "$(flow 192.168.0.10)" 192.168.0.10 "and the first has to wait"
is "$(bindings 20.0.0.0_32 | sed 's/ ---.*//')" "192.168.0.11 -> 20.0.0.0" \
	"one binding of the address is left"
pass_time 600
is "$(flow 192.168.0.10)" 20.0.0.0 "for the second to expire"
logged "each pair ends before the next begins" \
	"new prefix 20.0.0.0/32" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"ip 192.168.0.11 - no free addresses in prefix 20.0.0.0/32" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.0" \
	"ip 192.168.0.10 - no free addresses in prefix 20.0.0.0/32" \
	"timeout binding 192.168.0.11 -> 20.0.0.0" \
	"add binding 192.168.0.10 -> 20.0.0.0"
