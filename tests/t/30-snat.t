#!/bin/bash
# The source of a new flow in POSTROUTING: which are translated, which are left
# alone, and what a hit does to the binding.
. tests/lib.sh

# own_subnet SUBNET: hosts of the lan that own public addresses
own_subnet() {
	ip -n lan route add local "$1" dev lo
	ip -n gw route add "$1" via 10.0.0.2
}

test_case "all flows of a host leave from one address"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(flow 192.168.0.10)" 20.0.0.0 "its first"
is "$(flow 192.168.0.10)" 20.0.0.0 "from another port"
is "$(flow 192.168.0.10 198.51.100.3)" 20.0.0.0 "to another server"
is "$(PROTOCOL=tcp flow 192.168.0.10)" 20.0.0.0 "of another protocol"
is "$(flow 192.168.0.11)" 20.0.0.1 "another host has another address"
is "$(flow 192.168.0.10)" 20.0.0.0 "and the first keeps its own"
logged "one binding for each host" \
	"new prefix 20.0.0.0/26" \
	"add binding 192.168.0.10 -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1"

test_case "ports"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/32 --ttl 5
for protocol in udp tcp; do
	is "$(talk lan ask $protocol 192.168.0.10:4321 $WAN)" \
		"20.0.0.0 4321 $WAN 7" "$protocol: kept"
done
pass_time 5
like "$(talk lan ask udp 192.168.0.11:4321 $WAN)" "^20\.0\.0\.0 [0-9]+ " \
	"the next host with that address and that port has it too"
unlike "$(talk lan ask udp 192.168.0.11:4321 $WAN)" " 4321 " \
	"but on another port, as the older flow still has this one"

test_case "the destination is never examined"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
ip -n wan route add local 20.0.0.9 dev lo
ip -n gw route add 20.0.0.0/26 via $WAN
ip -n gw route add 224.0.0.0/4 dev wan
is "$(flow 192.168.0.10 20.0.0.9)" 20.0.0.0 "it may lie in the prefix"
send_raw gw 192.168.0.11 224.0.0.251 253
send_raw gw 192.168.0.12 198.51.100.255 253
is "$(pairs 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0
192.168.0.11 -> 20.0.0.1
192.168.0.12 -> 20.0.0.2" "it may be a multicast or broadcast address"

test_case "a source that is no host's address"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING
no_hosts="0.0.0.1 0.255.255.255 127.0.0.1 127.255.255.255
	224.0.0.0 224.0.0.5 239.255.255.255 255.255.255.255"
for source in $no_hosts; do
	send_raw gw "$source" $WAN 253
done
is "$(pairs 20.0.0.0_26)" "" "is not bound"
is "$(reached POSTROUTING 2)" 8 "its packet comes to the next rule"
gw ping -qc1 127.0.0.1 > /dev/null
is "$(pairs 20.0.0.0_26)" "" "neither is what pings itself"
for source in 1.0.0.0 126.255.255.255 128.0.0.0 223.255.255.255 240.0.0.0; do
	send_raw gw "$source" $WAN 253
done
is "$(pairs 20.0.0.0_26)" "1.0.0.0 -> 20.0.0.0
126.255.255.255 -> 20.0.0.1
128.0.0.0 -> 20.0.0.2
223.255.255.255 -> 20.0.0.3
240.0.0.0 -> 20.0.0.4" "its neighbours are"

test_case "a machine that has no address yet"
ip netns add fresh
ip -n fresh -batch - <<- END
	link add eth0 type dummy
	link set eth0 up
	route add default dev eth0
END
for rule in "-j DNETMAP --prefix 20.0.0.0/26" "-j DNETMAP" ""; do
	# shellcheck disable=SC2086
	in_ns fresh "iptables-$BACKEND" -t nat -A POSTROUTING $rule
done
in_ns fresh socat - \
	UDP4-DATAGRAM:255.255.255.255:67,broadcast,bindtodevice=eth0 <<< "discover"
like "$(in_ns fresh conntrack -L 2>&1)" "src=0.0.0.0 .* dst=0.0.0.0 " \
	"0.0.0.0 is not translated"
is "$(in_ns fresh cat /proc/net/xt_DNETMAP/20.0.0.0_26)" "" "and not bound"
like "$(in_ns fresh "iptables-$BACKEND" -t nat -nvxL POSTROUTING 3)" "^ +1 " \
	"its packet comes to the next rule"

test_case "a source inside the rule's prefix"
own_subnet 20.0.0.0/24
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING
is "$(flow 20.0.0.0)" 20.0.0.0 "is left alone: the first address"
is "$(flow 20.0.0.63)" 20.0.0.63 "and the last"
is "$(reached POSTROUTING 2)" 2 "their packets come to the next rule"
is "$(pairs 20.0.0.0_26)" "" "and nothing is bound"
is "$(flow 20.0.0.64)" 20.0.0.0 "the address after the last is a host"
nat -I POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/26
is "$(flow 20.0.0.5 198.51.100.3)" 30.0.0.0 "so is one of another prefix"
is "$(flow 20.0.0.5)" 20.0.0.5 \
	"which, with an active binding, is still left alone by the rule of its own"

test_case "a rule without a prefix, and a source inside any"
own_subnet 20.0.0.0/24
own_subnet 30.0.0.0/24
nat -A POSTROUTING -s 203.0.113.0/24 -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -s 203.0.113.0/24 -j DNETMAP --prefix 30.0.0.0/32
nat -A POSTROUTING -j DNETMAP
nat -A POSTROUTING
is "$(flow 20.0.0.63)" 20.0.0.63 "is left alone: of the first prefix"
is "$(flow 30.0.0.0)" 30.0.0.0 "of the second prefix"
is "$(reached POSTROUTING 4)" 2 "their packets come to the next rule"
is "$(flow 30.0.0.1) $(flow 20.0.0.64)" "20.0.0.0 20.0.0.1" \
	"addresses of no prefix are hosts"
nat -D POSTROUTING 2
within 2 20.0.0.2 "so is an address whose prefix is gone" flow 30.0.0.0

# fresh PREFIX: its bindings, where "now" is the last second or this one
fresh() {
	bindings "$1" | awk -v now="$(uptime)" \
		'$8 >= int(now) - 1 && $8 <= now { $8 = "now" } { print }'
}

test_case "a hit"
nat -A POSTROUTING -d $WAN -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26 --ttl 1000
flow 192.168.0.10 > /dev/null
is "$(fresh 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0 --- ttl: 599 lasthit: now" \
	"sets the expiry, records the time"
pass_time 500
flow 192.168.0.10 > /dev/null
is "$(fresh 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0 --- ttl: 599 lasthit: now" \
	"and does so again"
pass_time 500
is "$(flow 192.168.0.10 198.51.100.3)" 20.0.0.0 \
	"a rule of another prefix hits the active binding too"
is "$(fresh 20.0.0.0_26)" "192.168.0.10 -> 20.0.0.0 --- ttl: 999 lasthit: now" \
	"with its own ttl"
is "$(bindings 30.0.0.0_26)" "" "and gives nothing of its own"
