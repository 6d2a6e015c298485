#!/bin/bash
# What the manual page tells about a gateway that is a bridge, too, whose packets
# iptables gets to see.
# lanes: amd64 6.12-amd64
. tests/lib.sh

modprobe -a br_netfilter xt_physdev

test_case "bridged packets"
ip -batch - <<- END
	netns add left
	netns add right
	link add eth0 index 31 netns left type veth peer name left index 41 netns gw
	link add eth0 index 32 netns right type veth peer name right index 42 netns gw
END
ip -n gw -batch - <<- END
	link add bridge0 type bridge
	link set bridge0 up
	link set left up master bridge0
	link set right up master bridge0
END
for host in left right; do
	ip -n $host link set lo up
	ip -n $host link set eth0 up
	talk $host serve
done
ip -n left addr add 192.168.5.1/24 dev eth0
ip -n right addr add 192.168.5.2/24 dev eth0
nat -A POSTROUTING -s 192.168.5.0/24 -j DNETMAP --prefix 20.0.0.0/26
gw sysctl -qw net.bridge.bridge-nf-call-iptables=0
WAN=192.168.5.2
ping_right() { in_ns left ping -qnc1 -W1 192.168.5.2 > /dev/null && echo yes; }
within 10 yes "the bridge works" ping_right
is "$(FROM=left flow 192.168.5.1 192.168.5.2)" 192.168.5.1 "as a rule, they pass"
is "$(pairs 20.0.0.0_26)" "" "nobody is bound"
gw sysctl -qw net.bridge.bridge-nf-call-iptables=1
is "$(FROM=left flow 192.168.5.1 192.168.5.2)" none \
	"with bridge-nf-call-iptables=1, a host does not reach its neighbour"
is "$(pairs 20.0.0.0_26)" "192.168.5.1 -> 20.0.0.0" "as it is bound"
tell 20.0.0.0_26 flush > /dev/null
nat -I POSTROUTING -m physdev --physdev-is-bridged -j ACCEPT
is "$(FROM=left flow 192.168.5.1 192.168.5.2)" 192.168.5.1 \
	"with a rule for these ahead, they pass"
is "$(pairs 20.0.0.0_26)" "" "and nobody is bound"
