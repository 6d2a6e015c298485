#!/bin/bash
# What the manual page tells about rules, routes and filters around DNETMAP.
# share: um
. tests/lib.sh

# both_ways PREFIX: the third example
both_ways() {
	nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix "$1"
	nat -A PREROUTING -j DNETMAP
}

# unbound_pings ADDRESS: what becomes of a packet from outside the rules
unbound_pings() { lan ping -nc1 -W1 -I 10.0.0.2 "$1" | sed -n 2p; }

test_case "a blackhole route for a pool that is routed to the gateway"
both_ways 20.0.0.0/26
ip -n gw route add default via $WAN
wan sysctl -qw net.ipv4.ip_forward=1
like "$(unbound_pings 20.0.0.5)" "Time to live exceeded" \
	"without it, what nobody holds makes packets circle"
ip -n gw route add blackhole 20.0.0.0/26
is "$(unbound_pings 20.0.0.5)" "" "with it, they end"
is "$(flow 192.168.0.10) $(inbound 20.0.0.0) $(flow 192.168.0.11 20.0.0.0)" \
	"20.0.0.0 192.168.0.10 20.0.0.1" "what is held is not touched by it"

test_case "proxy ARP for a pool that is a part of the upstream network"
both_ways 198.51.100.64/26
is "$(flow 192.168.0.10)" none "without it, no answer finds back"
ip -n gw -batch - <<- END
	link add pool0 type dummy
	link set pool0 up
	route add 198.51.100.64/26 dev pool0
END
gw sysctl -qw net.ipv4.conf.wan.proxy_arp=1
within 5 198.51.100.64 "with it, it does" flow 192.168.0.10
is "$(inbound 198.51.100.64)" 192.168.0.10 "and so do new flows"
is "$(unbound_pings 198.51.100.70)" "" "what nobody holds is discarded"

test_case "a rule without -s or -o binds whatever passes"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(FROM=gw flow 198.51.100.1)" 20.0.0.0 "the gateway's own flows"
is "$(FROM=wan flow $WAN 192.168.0.10)" 20.0.0.1 "what comes in"
is "$(flow 192.168.0.10)" 20.0.0.2 "what goes out"

test_case "an ACCEPT ahead keeps the gateway out"
both_ways 20.0.0.0/26
nat -A POSTROUTING -s 10.0.0.0/24 -j DNETMAP --prefix 20.0.0.0/26
nat -I POSTROUTING -s 10.0.0.1 -j ACCEPT
is "$(FROM=gw flow 10.0.0.1 192.168.0.10)" 10.0.0.1 "when it asks a host"
is "$(bindings 20.0.0.0_26)" "" "it is not bound"
is "$(flow 192.168.0.10)" 20.0.0.0 "the hosts are"
is "$(FROM=gw flow 10.0.0.1 20.0.0.0)" none \
	"by a postnat address it reaches nobody"

test_case "filters see the private destination"
both_ways 20.0.0.0/26
ipt -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
ipt -A FORWARD -i lan -j ACCEPT
ipt -A FORWARD -d 192.168.0.0/24 -p tcp --dport 7 -j ACCEPT
ipt -P FORWARD DROP
is "$(flow 192.168.0.10)" 20.0.0.0 "a host gets out"
is "$(PROTOCOL=tcp inbound 20.0.0.0)" 192.168.0.10 "the port that is open is"
is "$(PROTOCOL=udp inbound 20.0.0.0)" none "another is not"
is "$(flow 192.168.0.11 20.0.0.0)" 20.0.0.1 "hosts reach each other"
