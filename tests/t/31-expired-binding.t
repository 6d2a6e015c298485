#!/bin/bash
# A host whose binding has expired sends again: which rules give it the same
# address back, which give it another, and what happens where there is none.
# share: um
. tests/lib.sh

OTHER=198.51.100.3

# expired_hosts COUNT: this many of 192.168.0.10 and up are bound, to 20.0.0.0
# and up, by a rule for flows to $WAN; and their bindings expire
expired_hosts() {
	local i
	nat -A POSTROUTING -d $WAN -j DNETMAP --prefix "${2:-20.0.0.0/26}"
	for ((i = 0; i < $1; i++)); do
		flow "192.168.0.$((10 + i))" > /dev/null
	done
	pass_time 602
}

test_case "a rule of the same prefix"
expired_hosts 2
is "$(flow 192.168.0.11)" 20.0.0.1 "gives it back"
is "$(flow 192.168.0.12)" 20.0.0.2 "and a new host a new one"
is "$(flow 192.168.0.10)" 20.0.0.0 "as long as the address is nobody else's"
logged "a reactivation is an add" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.11 -> 20.0.0.1" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"add binding 192.168.0.12 -> 20.0.0.2" \
	"add binding 192.168.0.10 -> 20.0.0.0"
like "$(bindings 20.0.0.0_26 | sed -n 1p)" "ttl: 599 " "with a new ttl"

test_case "a rule of another prefix, with --reuse"
expired_hosts 2
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26 --reuse --ttl 200
is "$(flow 192.168.0.11 $OTHER)" 20.0.0.1 "gives it back"
like "$(bindings 20.0.0.0_26 | sed -n 2p)" \
	"^192\.168\.0\.11 -> 20\.0\.0\.1 --- ttl: 199 " "with its own ttl"
is "$(bindings 30.0.0.0_26)" "" "and none of its own addresses"

test_case "a rule without a prefix"
expired_hosts 2
nat -A POSTROUTING -j DNETMAP
is "$(flow 192.168.0.11 $OTHER)" 20.0.0.1 "gives it back"

test_case "a rule of another prefix in which the address lies"
expired_hosts 2 20.0.0.0/30
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/24
is "$(flow 192.168.0.11 $OTHER)" 20.0.0.1 "gives it back: a larger prefix"
nat -R POSTROUTING 2 -j DNETMAP --prefix 20.0.0.0/32
is "$(flow 192.168.0.10 $OTHER)" 20.0.0.0 "a smaller prefix"

test_case "a rule of another prefix, without --reuse"
expired_hosts 2
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26
is "$(flow 192.168.0.11 $OTHER)" 30.0.0.0 "gives an address of its own"
is "$(pairs 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0" "the old binding goes"
is "$(pairs 30.0.0.0_26)" "192.168.0.11 -> 30.0.0.0" "the new one is there"
is "$(flow 192.168.0.11)" 30.0.0.0 "and serves the old prefix's rule too"
logged "the end of the old one was its timeout" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.11 -> 20.0.0.1" \
	"new prefix 30.0.0.0/26" \
	"add binding 192.168.0.11 -> 30.0.0.0"

test_case "a rule of a part of the prefix, without --reuse"
expired_hosts 2 20.0.0.0/24
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.128/25
is "$(flow 192.168.0.11 $OTHER)" 20.0.0.128 \
	"gives another address where the old one is of the other part"

test_case "a rule of another prefix that has none to give"
nat -A POSTROUTING -s 192.168.0.9 -j DNETMAP --prefix 30.0.0.0/32 --ttl 2000
flow 192.168.0.9 > /dev/null
expired_hosts 2
before=$(bindings 20.0.0.0_26 | sed 's/ttl: -[0-9]*/ttl: negative/')
like "$before" "192\.168\.0\.11 -> 20\.0\.0\.1 --- ttl: negative" "expired"
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/32
nat -A POSTROUTING
is "$(flow 192.168.0.11 $OTHER)" 192.168.0.11 "does not translate"
is "$(reached POSTROUTING 4)" 1 "the packet comes to the next rule"
is "$(bindings 20.0.0.0_26 | sed 's/ttl: -[0-9]*/ttl: negative/')" "$before" \
	"the expired binding is as it was"
is "$(flow 192.168.0.11)" 20.0.0.1 "and can be had again"
