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
# A redirect, which 5.10 sends first, would be all that ping tells.
wan bash -c 'for i in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 > $i; done'
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

# drop_unmapped: the chain that the manual has behind POSTROUTING
drop_unmapped() {
	gw nft -f - <<- END
		add table ip unmapped
		add chain ip unmapped post { type filter hook postrouting priority srcnat + 10; }
		add rule ip unmapped post oifname wan ip saddr 192.168.0.0/24 drop
	END
}

# send_invalid HOST: a packet that conntrack takes for none of a flow: a TCP
# segment with SYN and FIN
send_invalid() {
	send_raw lan "$1" "$WAN" 6 270f0007000000000000000050032000000000000
}

# private: how many packets came to the world with a private source
private() {
	in_ns wan "iptables-$BACKEND" -nvxL INPUT 1 | awk '{ print $1 }'
}

test_case "a drop behind POSTROUTING, for what leaves untranslated"
both_ways 20.0.0.0/26
in_ns wan "iptables-$BACKEND" -A INPUT -s 192.168.0.0/24
is "$(flow 192.168.0.10)" 20.0.0.0 "a host gets out"
send_invalid 192.168.0.10
within 2 1 "without it, an invalid packet has its private source" private
drop_unmapped
send_invalid 192.168.0.10
is "$(flow 192.168.0.11) $(inbound 20.0.0.0) $(flow 192.168.0.11 20.0.0.0)" \
	"20.0.0.1 192.168.0.10 20.0.0.1" "with it, all else goes on"
is "$(private)" 1 "and no such packet leaves"

test_case "a rule with a /32 is no fixed pair"
nat -A POSTROUTING -s 192.168.0.10 -j DNETMAP --prefix 20.0.0.1/32
nat -A PREROUTING -j DNETMAP
is "$(inbound 20.0.0.1)" none "nobody gets in before the host gets out"
is "$(flow 192.168.0.10) $(inbound 20.0.0.1)" "20.0.0.1 192.168.0.10" \
	"after that, they do"
pass_time 601
is "$(inbound 20.0.0.1)" none "but not beyond the TTL"
ip -n gw addr add 20.0.0.1/32 dev wan
ok "where the gateway has the address, it answers itself" \
	wan ping -qnc1 -W1 20.0.0.1
takes 20.0.0.1_32 +192.168.0.10:20.0.0.1
pass_time 601
is "$(inbound 20.0.0.1)" 192.168.0.10 "a static binding has no end"

for ttl in "" "--ttl -1"; do
	test_case "who tries a closed firewall from outside${ttl:+, $ttl}"
	nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/26 --ttl 100
	# shellcheck disable=SC2086 # two words or none
	nat -A PREROUTING -j DNETMAP $ttl
	flow 192.168.0.10 > /dev/null
	ipt -P FORWARD DROP
	pass_time 60
	is "$(inbound 20.0.0.0)" none "does not get in"
	pass_time 60
	like "$(bindings 20.0.0.0_26)" "ttl: ${ttl:+-}[0-9]" \
		"$([ "$ttl" ] && echo does not keep || echo keeps) a binding alive"
done

test_case "iptables without the plugin"
both_ways 20.0.0.0/26
mkdir -p /tmp/plugins
ln -sft /tmp/plugins "$PLUGINS"/*
rm /tmp/plugins/libxt_DNETMAP.so
for command in "iptables-$BACKEND -t nat -S" "iptables-$BACKEND-save -t nat"; do
	status=0
	# shellcheck disable=SC2086 # words
	gw env XTABLES_LIBDIR=/tmp/plugins $command > /dev/null 2>&1 || status=$?
	like "$status" "^[13]$" "$command stops"
done
is "$(flow 192.168.0.10)" 20.0.0.0 "the rules go on"
like "$(nat -S POSTROUTING)" "DNETMAP --prefix 20.0.0.0/26" "and are unharmed"
rm -r /tmp/plugins

test_case "beside a native ruleset"
nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/26 --persistent
nat -A PREROUTING -j DNETMAP
ipt_save -t nat > /tmp/rules
load_native() {
	gw nft -f - <<- END
		add table inet native
		delete table inet native
		table inet native {
			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname lan accept
				ip daddr 192.168.0.0/24 udp dport 7 accept
			}
		}
	END
}
load_native
is "$(flow 192.168.0.10) $(inbound 20.0.0.0)" "20.0.0.0 192.168.0.10" \
	"both do their work"
load_native
is "$(flow 192.168.0.11) $(PROTOCOL=tcp inbound 20.0.0.0)" "20.0.0.1 none" \
	"one that replaces its own table only leaves the rules alone"
gw nft flush ruleset
if [ "$BACKEND" = nft ]; then
	within 2 192.168.0.12 "nft flush ruleset takes the rules along" \
		flow 192.168.0.12
else
	is "$(flow 192.168.0.12)" 20.0.0.2 "nft flush ruleset finds no such rules"
fi
is "$(pairs 20.0.0.0_26 | head -n 2)" "192.168.0.10 -> 20.0.0.0
192.168.0.11 -> 20.0.0.1" "the bindings stay"
ipt_restore < /tmp/rules
is "$(flow 192.168.0.11) $(inbound 20.0.0.0)" "20.0.0.1 192.168.0.10" \
	"with the rules restored, they serve"
nat -F
takes 20.0.0.0_26 -persistent
