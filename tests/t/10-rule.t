#!/bin/bash
# The rule in its chains, with traffic: it needs nothing beside it, and shares
# what it names with other rules.
. tests/lib.sh

HOST=192.168.0.10
GW=198.51.100.1

# tracked: what conntrack makes of a new flow
tracked() {
	gw conntrack -F 2> /dev/null
	flow 192.168.0.99 > /dev/null
	gw conntrack -L -s 192.168.0.99 2> /dev/null
}

# ttl_of HOST: what the table of 20.0.0.0/26 shows
ttl_of() { bindings 20.0.0.0_26 | sed -nE "s/^$1 -> .* ttl: (\S+) .*/\1/p"; }

loaded() { grep -c '^xt_DNETMAP ' /proc/modules; }

test_case "a rule works as the only rule of the namespace"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
is "$(flow $HOST)" 20.0.0.0 "it sees the first packet"
ipt -A FORWARD -m conntrack --ctstate INVALID -j DROP
ipt -D FORWARD -m conntrack --ctstate INVALID -j DROP
is "$(flow 192.168.0.11)" 20.0.0.1 "also once others have let go of conntrack"
like "$(tracked)" "src=192.168.0.99 " "it holds conntrack in place"
nat -D POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
within 2 "" "the last rule lets go of conntrack" tracked

test_case "rules without --prefix use what prefixes there are"
nat -A POSTROUTING -o wan -j DNETMAP
nat -A PREROUTING -j DNETMAP
nat -A OUTPUT -o wan -j DNETMAP
is "$(flow $HOST)" $HOST "POSTROUTING: no prefix, no translation"
is "$(FROM=gw flow $GW)" $GW "OUTPUT: no prefix, no translation"
is "$(inbound 20.0.0.0)" none "PREROUTING: no prefix, no translation"
nat -A POSTROUTING -s 10.99.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
is "$(flow $HOST)" 20.0.0.0 "POSTROUTING takes from another rule's prefix"
is "$(FROM=gw flow $GW)" 20.0.0.1 "OUTPUT takes from another rule's prefix"
is "$(inbound 20.0.0.0)" $HOST "PREROUTING serves another rule's prefix"

test_case "in OUTPUT it is the source that is translated"
nat -A OUTPUT -o wan -j DNETMAP --prefix 20.0.0.0/26
for protocol in udp tcp; do
	is "$(PROTOCOL=$protocol talk gw ask $protocol $GW:4000 $WAN)" \
		"20.0.0.0 4000 $WAN 7" "$protocol: the source alone"
done
like "$(bindings 20.0.0.0_26)" "^$GW -> 20\.0\.0\.0 " "of the gateway's address"

test_case "two rules in two OUTPUT chains"
if [ "$BACKEND" = nft ]; then other=legacy; else other=nft; fi
nat -A OUTPUT -o wan -j DNETMAP --prefix 20.0.0.0/26
BACKEND=$other nat -A OUTPUT -o wan -j DNETMAP --prefix 20.0.1.0/26
nat -A POSTROUTING -o wan -j DNETMAP --prefix 20.0.2.0/26
like "$(FROM=gw flow $GW)" "^20\.0\.[01]\.0$" "one of them translates"
like "$(PROTOCOL=tcp FROM=gw flow $GW)" "^20\.0\.[01]\.0$" "tcp as well"
is "$(gw bash -c 'cat /proc/net/xt_DNETMAP/*_26' | grep -c ' -> ')" 1 \
	"the other one, and POSTROUTING, touch no binding"
BACKEND=$other nat -F 2> /dev/null

test_case "a chain of the user's, reached from several chains"
nat -N pool
nat -A pool -j DNETMAP --prefix 20.0.0.0/26
nat -A PREROUTING -j pool
nat -A POSTROUTING -s 192.168.0.0/16 -j pool
nat -A OUTPUT -o wan -j pool
is "$(flow $HOST)" 20.0.0.0 "from POSTROUTING the source"
is "$(FROM=gw flow $GW)" 20.0.0.1 "from OUTPUT the source"
is "$(inbound 20.0.0.0)" $HOST "from PREROUTING the destination"
nat -F
nat -X pool

test_case "a changed --ttl governs later hits only"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26 --ttl 300
flow $HOST > /dev/null
flow 192.168.0.11 > /dev/null
nat -R POSTROUTING 1 -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26 --ttl 100
like "$(ttl_of $HOST)" "^29[89]$" "the binding keeps what it got"
is "$(flow $HOST)" 20.0.0.0 "the host keeps its address"
like "$(ttl_of $HOST)" "^(99|98)$" "a hit gets the new ttl"
like "$(ttl_of 192.168.0.11)" "^29[89]$" "and moves no other binding"

test_case "rules that name the same prefix share it"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26 --ttl 100
nat -A POSTROUTING -s 172.16.0.0/12 -j DNETMAP --prefix 20.0.0.0/26 --reuse
nat -A PREROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl -1
is "$(flow $HOST)" 20.0.0.0 "the first host of one rule"
is "$(flow 172.16.0.10)" 20.0.0.1 "the first host of another rule"
is "$(inbound 20.0.0.1)" 172.16.0.10 "a rule for the other way"
is "$(files)" $'20.0.0.0_26\n20.0.0.0_26_stat' "one table"
logged "one prefix" "new prefix 20.0.0.0/26" \
	"add binding $HOST -> 20.0.0.0" "add binding 172.16.0.10 -> 20.0.0.1"

test_case "a rule loads the module, which answers to both its names"
is "$(modinfo -F alias xt_DNETMAP | sort | xargs)" "ipt_DNETMAP xt_DNETMAP" \
	"the names"
modprobe -r xt_DNETMAP
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
is "$(loaded)" 1 "loaded by the rule"
is "$(flow $HOST)" 20.0.0.0 "which works"
flush_nat gw
ok "removed again" wait_for 5 modprobe -qr xt_DNETMAP
modprobe ipt_DNETMAP
note_module_text
is "$(loaded)" 1 "loaded by its other name"
