#!/bin/bash
# --ttl: what a hit makes of the expiry.
# share: um
. tests/lib.sh

# ttl: of the only binding, as /proc shows it
ttl() { bindings 20.0.0.0_26 | sed -nE 's/.* ttl: (-?[0-9]+) .*/\1/p'; }

lasthit() { bindings 20.0.0.0_26 | sed -nE 's/.* lasthit: ([0-9]+)$/\1/p'; }

test_case "--ttl N: N seconds from each hit"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl 200
flow 192.168.0.10 > /dev/null
is "$(ttl)" 199 "from the first"
pass_time 150
is "$(ttl)" 49 "and down"
flow 192.168.0.10 > /dev/null
is "$(ttl)" 199 "and from the next"
pass_time 200
is "$(ttl)" -1 "to the expiry"
flow 192.168.0.10 > /dev/null
is "$(ttl)" 199 "and when it comes back"

test_case "without --ttl: 600 seconds from each hit"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
is "$(ttl)" 599 "from the first"
pass_time 500
flow 192.168.0.10 > /dev/null
is "$(ttl)" 599 "and from the next"

for negative in -1 -2147483648; do
	test_case "--ttl $negative: the binding's expiry is left as it is"
	nat -A POSTROUTING -p tcp -j DNETMAP --prefix 20.0.0.0/26 --ttl 300
	nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl "$negative"
	is "$(flow 192.168.0.10)" 20.0.0.0 "a new binding comes to be"
	is "$(ttl)" 599 "it gets the default, as it has no expiry to keep"
	pass_time 400
	is "$(flow 192.168.0.10)" 20.0.0.0 "a hit is translated"
	is "$(ttl)" 199 "and moves no expiry"
	in_range "$(lasthit)" "$(uptime) - 2" "$(uptime)" "though it counts as one"
	pass_time 200
	is "$(ttl)" -1 "the binding expires when it would have"
	flow 192.168.0.10 > /dev/null
	is "$(ttl)" 599 "when it comes back it gets the default again"
	PROTOCOL=tcp flow 192.168.0.10 > /dev/null
	flow 192.168.0.10 > /dev/null
	is "$(ttl)" 299 "what another rule has set is left alone too"
done

test_case "--ttl 0: the binding expires at once"
nat -A POSTROUTING -o wan -p tcp -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26 --ttl 0
nat -A PREROUTING -j DNETMAP --ttl -1
is "$(flow 192.168.0.10)" 20.0.0.0 "the flow itself is translated"
is "$(ttl)" -1 "its binding has no time left"
is "$(inbound 20.0.0.0)" none "and serves nobody"
is "$(PROTOCOL=tcp flow 192.168.0.10)" 20.0.0.0 "it comes back"
is "$(inbound 20.0.0.0)" 192.168.0.10 "for 600 s"
flow 192.168.0.10 > /dev/null
is "$(inbound 20.0.0.0)" none "which a hit with --ttl 0 ends"
logged "each life is in the log" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"timeout binding 192.168.0.10 -> 20.0.0.0"

test_case "--ttl 2147483647, the longest there is"
nat -A POSTROUTING -o wan -p tcp -j DNETMAP --prefix 20.0.0.0/26 --ttl 5
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.0.0/26 --ttl 2147483647
nat -A PREROUTING -j DNETMAP --ttl -1
flow 192.168.0.10 > /dev/null
is "$(ttl)" 2147483646 "it is shown as it is"
is "$(bindings 20.0.0.0_26_stat)" "1 64 2147483646" "in the mean too"
pass_time 600
is "$(ttl)" 2147483046 "it runs down"
is "$(inbound 20.0.0.0)" 192.168.0.10 "it is active"
PROTOCOL=tcp flow 192.168.0.10 > /dev/null
is "$(ttl)" 4 "a hit brings it near"
pass_time 5
is "$(ttl)" -1 "and it ends"
