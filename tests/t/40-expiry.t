#!/bin/bash
# Expiry: a binding ends when its time is over, with no packet to notice it,
# and stays for its host.
. tests/lib.sh

# told_at PAIR: when the log told its last timeout, in seconds from boot
told_at() {
	dmesg | sed -nE "s/^\[ *([0-9.]+)\] xt_DNETMAP: timeout binding $1 .*/\1/p" |
		tail -n 1
}

test_case "expiry is noticed when it happens, without a packet"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
before=$(uptime)
flow 192.168.0.10 > /dev/null
after=$(uptime)
pass_time 599
logged "nothing is told in the 600 seconds before" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0"
pass_time 3
in_range "$(told_at "192.168.0.10 -> 20.0.0.0")" \
	"$before + 600" "$after + 602" "the timeout is told within 2 s of it"

test_case "the binding stays, expired and with a negative ttl"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
pass_time 900.5
like "$(bindings 20.0.0.0_26)" \
	"^192\.168\.0\.10 -> 20\.0\.0\.0 --- ttl: -301 lasthit: [0-9]+$" \
	"it is in the table"
is "$(bindings 20.0.0.0_26_stat)" "0 64 0" "it is not counted as active"
logged "its timeout was its end" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0"

test_case "an expired binding never serves DNAT"
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26 --ttl 5
nat -A PREROUTING -j DNETMAP --ttl -1
flow 192.168.0.10 > /dev/null
is "$(inbound 20.0.0.0)" 192.168.0.10 "an active one does"
pass_time 5
is "$(inbound 20.0.0.0)" none "at its expiry it no longer does"
pass_time 60
is "$(inbound 20.0.0.0)" none "nor a minute later"
is "$(bindings 20.0.0.0_26_stat)" "0 64 0" "asking for it does not revive it"
logged "so it ended once" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0"

test_case "a binding that is hit lives on"
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
flow 192.168.0.10 > /dev/null
pass_time 500
flow 192.168.0.10 > /dev/null
pass_time 500
is "$(inbound 20.0.0.0)" 192.168.0.10 "active after 1000 s, by a hit at 500 s"
before=$(uptime)
pass_time 500
is "$(klog | grep timeout)" "" "and after 1500 s, by one from outside at 1000 s"
pass_time 103
in_range "$(told_at "192.168.0.10 -> 20.0.0.0")" \
	"$before + 599" "$before + 602" "600 s after the last hit it ends"

test_case "timeouts come in the order of expiries, however TTLs are mixed"
nat -A POSTROUTING -s 192.168.0.10 -j DNETMAP --prefix 20.0.0.0/26 --ttl 900
nat -A POSTROUTING -s 192.168.0.11 -j DNETMAP --prefix 20.0.0.0/26 --ttl 300
nat -A POSTROUTING -s 192.168.0.12 -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -s 192.168.0.13 -j DNETMAP --prefix 20.0.0.0/26 --ttl 0
before=$(uptime)
for host in 10 11 12 13; do flow "192.168.0.$host" > /dev/null; done
after=$(uptime)
pass_time 903
in_range "$(told_at "192.168.0.13 -> 20.0.0.3")" \
	"$before" "$after + 2" "within 2 s of 0 s"
in_range "$(told_at "192.168.0.11 -> 20.0.0.1")" \
	"$before + 300" "$after + 302" "within 2 s of 300 s"
in_range "$(told_at "192.168.0.12 -> 20.0.0.2")" \
	"$before + 600" "$after + 602" "within 2 s of 600 s"
in_range "$(told_at "192.168.0.10 -> 20.0.0.0")" \
	"$before + 900" "$after + 902" "within 2 s of 900 s"
logged "in the log too" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"add binding 192.168.0.12 -> 20.0.0.2" \
	"add binding 192.168.0.13 -> 20.0.0.3" \
	"timeout binding 192.168.0.13 -> 20.0.0.3" \
	"timeout binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.12 -> 20.0.0.2" \
	"timeout binding 192.168.0.10 -> 20.0.0.0"

test_case "a hit that brings the expiry forward"
nat -A POSTROUTING -p tcp -j DNETMAP --prefix 20.0.0.0/26 --ttl 5
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
before=$(uptime)
PROTOCOL=tcp flow 192.168.0.10 > /dev/null
after=$(uptime)
pass_time 8
in_range "$(told_at "192.168.0.10 -> 20.0.0.0")" \
	"$before + 5" "$after + 7" "is noticed as any other"

test_case "a hit that puts the expiry off"
nat -A POSTROUTING -p tcp -j DNETMAP --prefix 20.0.0.0/26 --ttl 5
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl 60
PROTOCOL=tcp flow 192.168.0.10 > /dev/null
before=$(uptime)
flow 192.168.0.10 > /dev/null
after=$(uptime)
pass_time 59
is "$(klog | grep timeout)" "" "ends nothing at the old expiry"
pass_time 4
in_range "$(told_at "192.168.0.10 -> 20.0.0.0")" \
	"$before + 60" "$after + 62" "is followed by a timeout at the new one"
