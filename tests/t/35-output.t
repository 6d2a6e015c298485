#!/bin/bash
# Rules in OUTPUT: the source of the gateway's own flows is translated, not
# their destination; and what else the manual page says about that.
. tests/lib.sh

export FROM=gw
OWN=198.51.100.1

# all_bindings: of the two prefixes that the tests use
all_bindings() { gw cat /proc/net/xt_DNETMAP/{20,30}.0.0.0_26; }

# filtered CHAIN SOURCE: how many packets with it the filter's rule has seen
filtered() {
	ipt -nvxL "$1" | awk -v source="$2" '$7 == source || $8 == source { print $1 }'
}

test_case "the source is translated"
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
for protocol in udp tcp; do
	is "$(talk gw ask $protocol $OWN:4321 $WAN)" "20.0.0.0 4321 $WAN 7" \
		"$protocol: the destination and the ports stay"
	is "$(talk gw ask $protocol 0.0.0.0 $WAN | cut -d' ' -f1)" 20.0.0.0 \
		"$protocol: from a socket that leaves the source to routing"
done
is "$(flow 10.0.0.1)" 20.0.0.1 "another source has another address"
is "$(FROM=lan flow 192.168.0.10)" 192.168.0.10 "forwarded flows pass by"
is "$(pairs 20.0.0.0_26)" "$OWN -> 20.0.0.0
10.0.0.1 -> 20.0.0.1" "which binds it"

test_case "as in POSTROUTING"
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/32
nat -A OUTPUT
gw ping -qc1 127.0.0.1 > /dev/null
is "$(bindings 20.0.0.0_32)" "" "loopback is left alone"
is "$(reached OUTPUT 2)" 1 "its packet comes to the next rule"
is "$(flow 10.0.0.1)" 20.0.0.0 "a host is bound"
is "$(flow $OWN)" $OWN "there is nothing for another"
is "$(reached OUTPUT 2)" 2 "its packet comes to the next rule"
pass_time 602
is "$(flow $OWN)" 20.0.0.0 "now there is"

test_case "routing and filter see the private source"
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
ipt -A OUTPUT -s $OWN
ipt -A OUTPUT -s 20.0.0.0/26
ip -n gw rule add from 20.0.0.0/26 iif lo blackhole
is "$(flow $OWN)" 20.0.0.0 "a flow"
is "$(filtered OUTPUT $OWN) $(filtered OUTPUT 20.0.0.0/26)" "1 0" \
	"filter OUTPUT saw it with its own address"

test_case "later rules of OUTPUT and POSTROUTING do not see the flow"
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
nat -A OUTPUT -j DNAT --to-destination 198.51.100.3
nat -A POSTROUTING -j SNAT --to-source 10.0.0.1
is "$(talk gw ask udp $OWN:4321 $WAN)" "20.0.0.0 4321 $WAN 7" "neither DNAT nor SNAT"
is "$(reached OUTPUT 2) $(reached POSTROUTING 1)" "0 0" "neither counts it"

test_case "rules in two OUTPUT chains"
if [ "$BACKEND" = nft ]; then other=legacy; else other=nft; fi
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
gw "iptables-$other" -t nat -A OUTPUT -j DNETMAP --prefix 30.0.0.0/26 --ttl 50
gw "iptables-$other" -t nat -A POSTROUTING -j DNETMAP --ttl 60
seen="$(flow $OWN) $(PROTOCOL=tcp flow $OWN)"
is "$(all_bindings | wc -l)" 1 "one binding"
like "$(all_bindings)" "ttl: (599|49) " \
	"hit by the rule of one chain only"
read -r _ _ address _ < <(all_bindings)
is "$seen" "$address $address" "and used"
gw "iptables-$other" -t nat -F
wait_for 2 gw test ! -e /proc/net/xt_DNETMAP/30.0.0.0_26

test_case "after an earlier rule took the destination"
nat -A OUTPUT -d $WAN -j DNAT --to-destination 198.51.100.3
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26
is "$(talk gw ask udp $OWN:4321 $WAN)" "30.0.0.0 4321 198.51.100.3 7" \
	"POSTROUTING still translates the source"
is "$(bindings 20.0.0.0_26)" "" "which OUTPUT did not"
