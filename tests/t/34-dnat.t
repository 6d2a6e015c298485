#!/bin/bash
# The destination of a new flow in PREROUTING: only what an active binding
# stands for is translated; and hosts that reach each other by those addresses.
. tests/lib.sh

CLIENT=198.51.100.3

# bind HOST...: 192.168.0.HOST sends something to the world
bind() {
	local host
	for host in "$@"; do flow "192.168.0.$host" > /dev/null; done
}

# times PREFIX: its only binding's ttl, and whether it was hit just now
times() {
	local ttl lasthit now
	now=$(uptime)
	read -r _ _ _ _ _ ttl _ lasthit < <(bindings "$1")
	if [ "$lasthit" = "${now%.*}" ]; then echo "$ttl now"; else echo "$ttl"; fi
}

test_case "an active binding"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
nat -A PREROUTING
is "$(inbound 20.0.0.1)" none "there is none yet"
is "$(reached PREROUTING 2)" 1 "the packet comes to the next rule"
bind 10 11
is "$(inbound 20.0.0.0) $(inbound 20.0.0.1)" "192.168.0.10 192.168.0.11" \
	"leads to its host"
for protocol in udp tcp; do
	is "$(talk wan ask $protocol $CLIENT:4321 20.0.0.1)" \
		"$CLIENT 4321 192.168.0.11 7" \
		"$protocol: the client's address and the ports stay"
done
is "$(inbound 20.0.0.2)" none "an address without one leads nowhere"
is "$(bindings 20.0.0.0_26 | wc -l)" 2 "and gets none"

test_case "an expired binding"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
nat -A PREROUTING -d 20.0.0.0 -j DNAT --to-destination 192.168.0.99
bind 10
pass_time 599.5
is "$(inbound 20.0.0.0)" 192.168.0.10 "leads to its host before (and is hit)"
pass_time 600.1
for protocol in udp tcp; do
	is "$(PROTOCOL=$protocol inbound 20.0.0.0)" 192.168.0.99 \
		"$protocol: the next rule decides after"
done
like "$(bindings 20.0.0.0_26)" "^192\.168\.0\.10 -> 20\.0\.0\.0 --- ttl: -" \
	"the binding stays expired"
bind 10
is "$(inbound 20.0.0.0)" 192.168.0.10 "when its host is back, so is the way in"

test_case "of the prefix that the rule names"
nat -A POSTROUTING -s 192.168.0.10 -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -s 192.168.0.11 -j DNETMAP --prefix 30.0.0.0/26
nat -A PREROUTING -j DNETMAP --prefix 30.0.0.0/26
nat -A PREROUTING -i wan
bind 10 11
is "$(inbound 30.0.0.0)" 192.168.0.11 "a binding of it is used"
is "$(inbound 20.0.0.0)" none "one of another prefix is not"
is "$(reached PREROUTING 2)" 1 "its packet comes to the next rule"
nat -R PREROUTING 1 -j DNETMAP --prefix 20.0.0.0/32
is "$(inbound 20.0.0.0)" 192.168.0.10 \
	"all that counts is that the address lies in it: a smaller prefix"
nat -R PREROUTING 1 -j DNETMAP --prefix 20.0.0.0/8
is "$(inbound 20.0.0.0)" 192.168.0.10 "a larger one"

test_case "inbound hits refresh the expiry"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
bind 10
pass_time 300
inbound 20.0.0.0 > /dev/null
is "$(times 20.0.0.0_26)" "599 now" "by the default"
nat -R PREROUTING 1 -j DNETMAP --ttl 50
inbound 20.0.0.0 > /dev/null
is "$(times 20.0.0.0_26)" "49 now" "by --ttl"
nat -R PREROUTING 1 -j DNETMAP --ttl -1
pass_time 30
inbound 20.0.0.0 > /dev/null
is "$(times 20.0.0.0_26)" "19 now" "not by --ttl -1, which but records the hit"
pass_time 22
is "$(inbound 20.0.0.0)" none "and so cannot keep it alive"

test_case "the manual's rules let hosts reach each other"
nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j DNETMAP
bind 10 11
for protocol in udp tcp; do
	is "$(talk lan ask $protocol 192.168.0.10:4321 20.0.0.1)" \
		"20.0.0.0 4321 192.168.0.11 7" "$protocol: A reaches B"
	is "$(talk lan ask $protocol 192.168.0.11:4321 20.0.0.0)" \
		"20.0.0.1 4321 192.168.0.10 7" "$protocol: B reaches A"
	is "$(talk lan ask $protocol 192.168.0.10:4322 20.0.0.0)" \
		"20.0.0.0 4322 192.168.0.10 7" "$protocol: A reaches itself"
done
is "$(flow 192.168.0.12 20.0.0.1)" 20.0.0.2 "a new host is bound by that"
is "$(flow 192.168.0.10 20.0.0.9)" none "nobody is at an unbound address"
pass_time 300
flow 192.168.0.10 20.0.0.1 > /dev/null
pass_time 302
is "$(inbound 20.0.0.0) $(inbound 20.0.0.1) $(inbound 20.0.0.2)" \
	"192.168.0.10 192.168.0.11 none" "such a flow refreshes both"
