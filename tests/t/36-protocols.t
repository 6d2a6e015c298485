#!/bin/bash
# What goes through a binding, both ways: SCTP, ICMP echo, GRE, bulk data, and
# the ICMP errors that belong to a flow.
. tests/lib.sh

HOST=192.168.0.10
POSTNAT=20.0.0.0

modprobe -q sctp	# before the first "talk serve", which looks for it

# both_ways: the manual's third example, and $HOST bound to $POSTNAT; of all
# private and public addresses the world has a route to that one alone
both_ways() {
	nat -A POSTROUTING -s 192.168.0.0/24 -j DNETMAP --prefix 20.0.0.0/26
	nat -A PREROUTING -j DNETMAP
	ip -n wan -batch - <<- END
		route del default
		route add $POSTNAT via 198.51.100.1
	END
	flow $HOST > /dev/null
}

# further_out: a machine, 203.0.113.1, two routers and a narrow link away
further_out() {
	ip netns add far
	ip link add eth0 netns far type veth peer name far netns wan
	ip -n far -batch - <<- END
		link set eth0 up mtu 1280
		addr add 203.0.113.1/24 dev eth0
		route add default via 203.0.113.254
	END
	ip -n wan link set far up mtu 1280
	ip -n wan addr add 203.0.113.254/24 dev far
	ip -n gw route add 203.0.113.0/24 via $WAN
	wan sysctl -qw net.ipv4.ip_forward=1
	talk far serve
}

# pings NAMESPACE ARGUMENTS: "yes" where an answer comes, else what comes
pings() {
	local seen
	if seen=$(in_ns "$1" ping -nc1 -W1 "${@:2}"); then
		echo yes
	else
		echo "$seen"
	fi
}

# refusal NAMESPACE SOURCE DESTINATION: what a UDP socket hears from port 9,
# where nobody listens
refusal() { in_ns "$1" ncat -uvw1 -s "$2" "$3" 9 <<< "?" 2>&1; }

test_case "SCTP"
both_ways
is "$(talk lan ask sctp $HOST:4321 $WAN)" "$POSTNAT 4321 $WAN 7" "out"
# A server bound to all addresses would answer from that of its interface.
lan setsid -f ncat --sctp -l $HOST 70 -e /usr/bin/env
wait_for 5 lan grep -q "$HOST" /proc/net/sctp/eps
is "$(wan ncat --sctp --recv-only $POSTNAT 70 | grep -E "_ADDR=" | sort)" \
	"NCAT_LOCAL_ADDR=$HOST"$'\n'"NCAT_REMOTE_ADDR=$WAN" "in"

test_case "ICMP echo"
both_ways
is "$(pings lan -I $HOST $WAN)" yes "out"
is "$(pings lan -I $HOST -s 4000 $WAN)" yes "out, in fragments"
is "$(pings wan $POSTNAT)" yes "in"
is "$(pings wan -s 4000 $POSTNAT)" yes "in, in fragments"
like "$(pings lan -I 192.168.0.11 $WAN)" "0 received" \
	"(from another address no answer finds back)"
is "$(pairs 20.0.0.0_26)" "$HOST -> $POSTNAT
192.168.0.11 -> 20.0.0.1" "an echo binds a host"

test_case "GRE"
both_ways
ip -n lan -batch - <<- END
	link add tunnel type gre local $HOST remote $WAN
	link set tunnel up
	addr add 10.9.9.1/30 dev tunnel
END
ip -n wan -batch - <<- END
	link add tunnel type gre local $WAN remote $POSTNAT
	link set tunnel up
	addr add 10.9.9.2/30 dev tunnel
END
is "$(pings lan 10.9.9.2)" yes "out"
gw conntrack -F 2> /dev/null
is "$(pings wan 10.9.9.1)" yes "in"

test_case "much data"
both_ways
in_ns wan iperf3 -s -D --logfile /run/iperf3.log
# A connection, to look whether it listens, would be a client for it, and while it
# has one it refuses others.
iperf3_listens() { in_ns wan ss -Hltn sport = 5201 | grep -q .; }
wait_for 5 iperf3_listens
for option in "" -R; do
	# shellcheck disable=SC2086
	ok "iperf3 $option" lan iperf3 -B $HOST -c $WAN -n 2M $option
done
is "$(grep -c "Accepted connection from $POSTNAT" /run/iperf3.log)" 2 \
	"the server knows the public address"
rm /run/iperf3.log

test_case "ICMP errors that come to a host"
both_ways
further_out
like "$(refusal lan $HOST $WAN)" "refused" "port unreachable"
like "$(pings lan -I $HOST -t 2 203.0.113.1)" \
	"From $WAN .* Time to live exceeded" "time exceeded"
like "$(pings lan -I $HOST -s 1400 -M "do" 203.0.113.1)" \
	"From $WAN .* Frag needed and DF set \(mtu = 1280\)" "fragmentation needed"
is "$(lan busybox traceroute -nIq1 -w1 -s $HOST 203.0.113.1 | awk '{ print $2 }' | xargs)" \
	"to 10.0.0.1 $WAN 203.0.113.1" "a traceroute sees each router"
is "$(lan busybox traceroute -nq1 -w1 -s $HOST 203.0.113.1 | awk '{ print $2 }' | xargs)" \
	"to 10.0.0.1 $WAN 203.0.113.1" "by UDP as well"
is "$(bindings 20.0.0.0_26 | wc -l)" 1 "none of them is bound"

test_case "ICMP errors that a host or the gateway sends"
both_ways
ip -n lan route replace default via 10.0.0.1 src $HOST
wan setsid -f tcpdump -nlc1 -i eth0 'icmp[icmptype] == icmp-unreach' \
	> /run/tcpdump.out 2> /run/tcpdump.err
wait_for 5 grep -q listening /run/tcpdump.err
like "$(refusal wan $WAN $POSTNAT)" "refused" "port unreachable"
wait_for 2 test -s /run/tcpdump.out
like "$(< /run/tcpdump.out)" \
	"IP $POSTNAT > $WAN: ICMP $POSTNAT udp port 9 unreachable" \
	"which has the public address inside and outside"
# What the gateway sends about a flow comes from the flow's address too, as with
# any destination NAT of this kernel.
like "$(pings wan -t 1 $POSTNAT)" \
	"From $POSTNAT .* Time to live exceeded" "time exceeded"
ip -n gw link set lan mtu 1280
like "$(pings wan -s 1400 -M "do" $POSTNAT)" \
	"From $POSTNAT .* Frag needed and DF set \(mtu = 1280\)" \
	"fragmentation needed"
is "$(wan busybox traceroute -nIq1 -w1 $POSTNAT | awk '{ print $2 }' | xargs)" \
	"to $POSTNAT $POSTNAT" "a traceroute sees the public address alone"
rm /run/tcpdump.*
