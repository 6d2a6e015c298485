#!/bin/bash
# --own: a host has one binding in each scope. Each own prefix is a scope, and
# all other prefixes are one.
# share: um
. tests/lib.sh

HOST=192.168.0.10
PARTNER=198.51.100.3

# to DESTINATION PREFIX [OPTION...]: a rule for the flows to it
to() { nat -A POSTROUTING -d "$1" -j DNETMAP --prefix "${@:2}"; }
drop() { nat -D POSTROUTING -d "$1" -j DNETMAP --prefix "${@:2}"; }

gone() { ! gw test -e "/proc/net/xt_DNETMAP/$1"; }

# own_case NAME: a test case with own prefixes
own_case() {
	test_case "$1"
	hosts_have_scopes
}

# both [HOST]: the addresses that it has towards the world and the partner
both() { echo "$(flow "${1:-$HOST}") $(flow "${1:-$HOST}" $PARTNER)"; }

test_case "without --own, an active binding of any prefix is used"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26
is "$(both)" "20.0.0.0 20.0.0.0" "the first address serves both"

own_case "an own prefix"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26 --own
nat -A PREROUTING -j DNETMAP
is "$(both)" "20.0.0.0 30.0.0.0" "has an address of its own for the host"
is "$(both)" "20.0.0.0 30.0.0.0" "and keeps to it"
is "$(pairs 20.0.0.0_26) $(pairs 30.0.0.0_26)" \
	"$HOST -> 20.0.0.0 $HOST -> 30.0.0.0" "both are in /proc"
is "$(inbound 20.0.0.0) $(inbound 30.0.0.0)" "$HOST $HOST" \
	"a rule without a prefix serves both in PREROUTING"
logged "both have a line" "new prefix 20.0.0.0/26" "new prefix 30.0.0.0/26" \
	"add binding $HOST -> 20.0.0.0" "add binding $HOST -> 30.0.0.0"
is "$(flow 192.168.0.11 $PARTNER) $(flow 192.168.0.11)" "30.0.0.1 20.0.0.1" \
	"in the other order"

own_case "two own prefixes"
to $WAN 20.0.0.0/26 --own
to $PARTNER 30.0.0.0/26 --own
is "$(both)" "20.0.0.0 30.0.0.0" "are two scopes"
is "$(both)" "20.0.0.0 30.0.0.0" "and stay apart"

own_case "a rule without a prefix"
to $PARTNER 30.0.0.0/26 --own
nat -A POSTROUTING -j DNETMAP
is "$(flow $HOST $PARTNER)" 30.0.0.0 "an own prefix gives"
is "$(flow $HOST)" $HOST "is of the shared scope, and finds nothing there"
logged "it says so" "new prefix 30.0.0.0/26" "add binding $HOST -> 30.0.0.0" \
	"ip $HOST - no free addresses in any prefix"
to 192.0.2.1 20.0.0.0/26
is "$(flow $HOST)" 20.0.0.0 "it takes addresses of shared prefixes"
is "$(both)" "20.0.0.0 30.0.0.0" "only"

own_case "the property is the prefix's"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26
nat -A POSTROUTING -d 192.0.2.1 -j DNETMAP --prefix 30.0.0.0/26 --own
is "$(both)" "20.0.0.0 30.0.0.0" "a rule without --own follows"
is "$(both)" "20.0.0.0 30.0.0.0" "also where it hits"
is "$(flow 192.168.0.11 $PARTNER) $(flow 192.168.0.11)" "30.0.0.1 20.0.0.1" \
	"and in the other order"

own_case "an expired binding is its scope's"
to $WAN 20.0.0.0/26 --reuse
to $PARTNER 30.0.0.0/26 --own --reuse
flow 192.168.0.9 > /dev/null
flow 192.168.0.9 $PARTNER > /dev/null
is "$(both)" "20.0.0.1 30.0.0.1" "two"
pass_time 601
is "$(flow $HOST $PARTNER)" 30.0.0.1 "the own prefix's is revived by its rule"
like "$(bindings 20.0.0.0_26 | sed -n 2p)" "ttl: -" "the other has expired"
is "$(flow $HOST)" 20.0.0.1 "--reuse revives what is of the shared scope"
pass_time 601
is "$(flow $HOST)" 20.0.0.1 "that again"
like "$(bindings 30.0.0.0_26 | sed -n 2p)" "ttl: -" "and not the own prefix's"

own_case "an own prefix that is full"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/32 --own
nat -A POSTROUTING -d $PARTNER
flow 192.168.0.9 $PARTNER > /dev/null
flow $HOST > /dev/null
is "$(flow $HOST $PARTNER)" $HOST "does not fall back on the shared scope"
is "$(reached POSTROUTING 3)" 1 "the packet comes to the next rule"
logged "it says so" "new prefix 20.0.0.0/26" "new prefix 30.0.0.0/32" \
	"add binding 192.168.0.9 -> 30.0.0.0" "add binding $HOST -> 20.0.0.0" \
	"ip $HOST - no free addresses in prefix 30.0.0.0/32"

own_case "own and shared prefixes that overlap"
to $WAN 20.0.0.0/30
to $PARTNER 20.0.0.0/31 --own
is "$(both)" "20.0.0.0 20.0.0.1" "give two addresses, never the same"
is "$(flow 192.168.0.11 $PARTNER)" 192.168.0.11 "the smaller is full"
is "$(flow 192.168.0.11)" 20.0.0.2 "the larger is not"
is "$(pairs 20.0.0.0_31)" $'192.168.0.10 -> 20.0.0.0\n192.168.0.10 -> 20.0.0.1' \
	"each shows what lies in it, of any scope"
pass_time 601
is "$(flow $HOST $PARTNER)" 20.0.0.1 "an own one is revived by its rule"
is "$(flow $HOST)" 20.0.0.0 "a shared one by its own"

own_case "own prefixes that overlap"
to $WAN 20.0.0.0/24 --own
to $PARTNER 20.0.0.0/25 --own
is "$(both)" "20.0.0.0 20.0.0.1" "are two scopes"
is "$(both)" "20.0.0.0 20.0.0.1" "and stay apart"

own_case "a prefix becomes own"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26
flow $HOST $PARTNER > /dev/null
flow 192.168.0.11 > /dev/null
pass_time 300
flow 192.168.0.12 $PARTNER > /dev/null
pass_time 301
before=$(bindings 30.0.0.0_26 | sed 's/ttl: .* lasthit/lasthit/')
nat -R POSTROUTING 2 -d $PARTNER -j DNETMAP --prefix 30.0.0.0/26 --own
is "$(bindings 30.0.0.0_26 | sed 's/ttl: .* lasthit/lasthit/')" "$before" \
	"its bindings stay as they are"
is "$(both 192.168.0.12)" "20.0.0.1 30.0.0.1" "the active one is of its scope now"
is "$(both)" "20.0.0.2 30.0.0.0" "the expired one too"
is "$(both 192.168.0.11)" "20.0.0.0 30.0.0.2" "others' have stayed in the shared scope"
logged "without a line" "new prefix 20.0.0.0/26" "new prefix 30.0.0.0/26" \
	"add binding $HOST -> 30.0.0.0" "add binding 192.168.0.11 -> 20.0.0.0" \
	"add binding 192.168.0.12 -> 30.0.0.1" \
	"timeout binding $HOST -> 30.0.0.0" \
	"timeout binding 192.168.0.11 -> 20.0.0.0" \
	"add binding 192.168.0.12 -> 20.0.0.1" "add binding $HOST -> 20.0.0.2" \
	"add binding $HOST -> 30.0.0.0" "add binding 192.168.0.11 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 30.0.0.2"

own_case "a prefix is own no longer"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26 --own
nat -A PREROUTING -j DNETMAP
both > /dev/null
pass_time 5
flow $HOST $PARTNER > /dev/null
both 192.168.0.11 > /dev/null
pass_time 5
flow 192.168.0.11 > /dev/null
flow 192.168.0.12 $PARTNER > /dev/null
flow 192.168.0.13 > /dev/null
nat -R POSTROUTING 2 -d $PARTNER -j DNETMAP --prefix 30.0.0.0/26
within 2 "$HOST -> 30.0.0.0"$'\n'"192.168.0.12 -> 30.0.0.2" \
	"of two bindings the one that was hit last stays" pairs 30.0.0.0_26
is "$(pairs 20.0.0.0_26)" "192.168.0.11 -> 20.0.0.1"$'\n'"192.168.0.13 -> 20.0.0.2" \
	"in either prefix"
is "$(inbound 20.0.0.0) $(inbound 30.0.0.1)" "none none" "the others are gone"
for i in 10 11 12 13; do both 192.168.0.$i; done > /tmp/seen
is "$(tr '\n' ',' < /tmp/seen)" \
	"30.0.0.0 30.0.0.0,20.0.0.1 20.0.0.1,30.0.0.2 30.0.0.2,20.0.0.2 20.0.0.2," \
	"and one serves all"
logged "each that ends has its line" \
	"new prefix 20.0.0.0/26" "new prefix 30.0.0.0/26" \
	"add binding $HOST -> 20.0.0.0" "add binding $HOST -> 30.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" "add binding 192.168.0.11 -> 30.0.0.1" \
	"add binding 192.168.0.12 -> 30.0.0.2" "add binding 192.168.0.13 -> 20.0.0.2" \
	"remove binding $HOST -> 20.0.0.0" "remove binding 192.168.0.11 -> 30.0.0.1"

own_case "replaced in one restore, the property stays"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26 --own
both > /dev/null
ok "restored" ipt_restore < <(ipt_save -t nat)
pass_time 1
is "$(both)" "20.0.0.0 30.0.0.0" "both bindings are there"
is "$(ipt_save -t nat | grep -- --own)" \
	"-A POSTROUTING -d $PARTNER/32 -j DNETMAP --prefix 30.0.0.0/26 --own" \
	"what is printed is taken back"
drop $PARTNER 30.0.0.0/26 --own
wait_for 2 gone 30.0.0.0_26
is "$(flow $HOST $PARTNER) $(flow $HOST)" "$HOST 20.0.0.0" \
	"the prefix ends with its rules, and only its scope"

own_case "the property of a persistent prefix goes with its rules"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26 --own --persistent
both > /dev/null
pass_time 2
flow $HOST > /dev/null
drop $PARTNER 30.0.0.0/26 --persistent --own
within 2 "" "its bindings come to the shared scope" pairs 30.0.0.0_26
nat -A POSTROUTING -d $PARTNER -j DNETMAP
is "$(both)" "20.0.0.0 20.0.0.0" "one serves all"
takes 30.0.0.0_26 -persistent

own_case "passing on from an own prefix to a shared one"
to $WAN 20.0.0.0/24
to $PARTNER 20.0.0.0/25 --own
both > /dev/null
flow 192.168.0.11 $PARTNER > /dev/null
pass_time 2
flow $HOST $PARTNER > /dev/null
drop $PARTNER 20.0.0.0/25 --own
wait_for 2 gone 20.0.0.0_25
is "$(pairs 20.0.0.0_24)" "$HOST -> 20.0.0.1"$'\n'"192.168.0.11 -> 20.0.0.2" \
	"the binding that was hit last stays"
is "$(flow $HOST) $(flow 192.168.0.11)" "20.0.0.1 20.0.0.2" "and serves"
logged "the other ends with its line" "new prefix 20.0.0.0/24" \
	"new prefix 20.0.0.0/25" "add binding $HOST -> 20.0.0.0" \
	"add binding $HOST -> 20.0.0.1" "add binding 192.168.0.11 -> 20.0.0.2" \
	"remove binding $HOST -> 20.0.0.0" "prefix 20.0.0.0/25 removed"

own_case "passing on to an own prefix"
to $PARTNER 20.0.0.0/24 --own
to $WAN 20.0.0.0/25
to 192.0.2.1 30.0.0.0/24
flow $HOST > /dev/null
drop $WAN 20.0.0.0/25
wait_for 2 gone 20.0.0.0_25
nat -A POSTROUTING -d $WAN -j DNETMAP --prefix 30.0.0.0/24
is "$(both)" "30.0.0.0 20.0.0.0" "makes it a binding of its scope"

own_case "passing on a binding whose host is an address of the own prefix"
to $PARTNER 192.168.0.0/24 --own
to $WAN 192.168.0.128/25
is "$(both)" "192.168.0.128 $HOST" "the own prefix leaves its own addresses alone"
drop $WAN 192.168.0.128/25
wait_for 2 gone 192.168.0.128_25
is "$(pairs 192.168.0.0_24)" "" "the binding does not come to its scope"
is "$(flow $HOST $PARTNER)" $HOST "where nobody could use it"
logged "it ends with its line" "new prefix 192.168.0.0/24" \
	"new prefix 192.168.0.128/25" "add binding $HOST -> 192.168.0.128" \
	"remove binding $HOST -> 192.168.0.128" "prefix 192.168.0.128/25 removed"

own_case "a /25 grows to a /24, both own"
to $WAN 30.0.0.0/25
to $PARTNER 20.0.0.0/25 --own
both > /dev/null
ok "restored" ipt_restore < <(ipt_save -t nat | sed 's,20.0.0.0/25,20.0.0.0/24,')
wait_for 2 gone 20.0.0.0_25
is "$(both)" "30.0.0.0 20.0.0.0" "and moves no host"

own_case "static bindings and commands"
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26 --own
both > /dev/null
takes 30.0.0.0_26 "+$HOST:30.0.0.7"
is "$(pairs 20.0.0.0_26) $(pairs 30.0.0.0_26)" \
	"$HOST -> 20.0.0.0 $HOST -> 30.0.0.7" \
	"a static binding replaces the host's binding of the same scope only"
is "$(both)" "20.0.0.0 30.0.0.7" "and serves there"
nat -I POSTROUTING -d $PARTNER -j DNETMAP --prefix 30.0.0.0/26 --own --static
nat -I POSTROUTING -d $WAN -j DNETMAP --prefix 20.0.0.0/26 --static
nat -Z
is "$(both)" "20.0.0.0 30.0.0.7" "--static looks in its scope"
is "$(reached POSTROUTING 3)" 1 "and finds no other there"
takes 30.0.0.0_26 "-$HOST"
is "$(pairs 20.0.0.0_26) $(pairs 30.0.0.0_26)" "$HOST -> 20.0.0.0 " \
	"a host is removed from the prefix's scope"
is "$(tell 30.0.0.0_26 "-$HOST")" "No such file or directory" "once"
takes 20.0.0.0_26 "-$HOST"
logged "the lines" "new prefix 20.0.0.0/26" "new prefix 30.0.0.0/26" \
	"add binding $HOST -> 20.0.0.0" "add binding $HOST -> 30.0.0.0" \
	"remove binding $HOST -> 30.0.0.0" "add binding $HOST -> 30.0.0.7" \
	"remove binding $HOST -> 30.0.0.7" "remove binding $HOST -> 20.0.0.0"

own_case "commands where own and shared prefixes overlap"
to $WAN 20.0.0.0/24
to $PARTNER 20.0.0.0/25 --own
both > /dev/null
takes 20.0.0.0_25 "+192.168.0.11:20.0.0.0"
is "$(pairs 20.0.0.0_24)" "192.168.0.11 -> 20.0.0.0"$'\n'"$HOST -> 20.0.0.1" \
	"an address has one binding over all scopes"
is "$(both)" "20.0.0.2 20.0.0.1" "its host gets another in its scope"
is "$(flow 192.168.0.11 $PARTNER) $(flow 192.168.0.11)" "20.0.0.0 20.0.0.3" \
	"the static one is of the prefix whose file it was written to"
takes 20.0.0.0_25 "-$HOST"
is "$(pairs 20.0.0.0_25 | grep -c $HOST)" 1 "a host is one of the prefix's scope"
takes 20.0.0.0_25 "-20.0.0.2"
is "$(pairs 20.0.0.0_25 | grep -c $HOST)" 0 "an address is one of any"
takes 20.0.0.0_24 flush
is "$(pairs 20.0.0.0_24)" "" "a flush removes all that lie in it"

own_case "max_bindings counts the bindings of all scopes"
module max_bindings=2
to $WAN 20.0.0.0/26
to $PARTNER 30.0.0.0/26 --own
is "$(both)" "20.0.0.0 30.0.0.0" "two of one host"
is "$(flow 192.168.0.11)" 192.168.0.11 "leave none for another"

own_case "refused"
refused "--own" nat -A POSTROUTING -j DNETMAP --own
is "$(ipt_save -t nat | grep -c DNETMAP)" 0 "without a prefix"
