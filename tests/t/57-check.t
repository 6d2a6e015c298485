#!/bin/bash
# What a gateway has wrong, and what mends it.
# vm: backends=nft
. tests/lib.sh

HOST=192.168.0.10
POOL=20.0.0.0/26

# checked: the lines of the check
checked() { gw dnetmap check 2>&1; }

# says NAME LINE: the check has this line, which may be a regular expression
says() {
	local seen
	seen=$(checked)
	if grep -qxE -- "$2" <<< "$seen"; then
		pass "$1"
	else
		fail "$1" "expected: a line $2" "seen:     $seen"
	fi
}

# status: 0 where nothing is wrong
status() {
	checked > /tmp/checked
	echo $?
}

# gateway: one with nothing wrong
gateway() {
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix $POOL
	nat -A PREROUTING -j DNETMAP --ttl -1
	ip -n gw route add blackhole $POOL
	flow $HOST > /dev/null
}

test_case "nothing wrong"
gateway
is "$(status)" 0 "the status"
is "$(grep ^wrong /tmp/checked)" "" "no line"
says "the module" "ok +module +xt_DNETMAP is installed for .*"
says "is loaded" "ok +loaded +xt_DNETMAP is loaded"
says "its signature" "ok +signature .*"
says "the plugin" "ok +plugin +iptables has libxt_DNETMAP.so"
says "the rules" "ok +rules +2, with [1-9][0-9]* packets"
says "the pool's route" "ok +route +$POOL: what nobody holds is discarded"
says "what cannot be seen" "unknown +arp +$POOL is on no network of this gateway.*"
says "addresses" "ok +addresses +$POOL: none is the gateway's own"
says "ICMP" "ok +conntrack +nf_conntrack_icmp_timeout is 30.*"
is "$(gw dnetmap -j check | sed -n '/"loaded"/p')" \
	'{"result":"ok","check":"loaded","text":"xt_DNETMAP is loaded"}' "as JSON"
is "$(gw dnetmap -j check | grep -vxE '\{"result":"(ok|warning|wrong|unknown)","check":"[a-z_]+","text":"[^"]*"(,"mend":"[^"]*")?\}')" \
	"" "all of it"

CASE="colours"
# on_terminal NAME=VALUE: the first line of the check, on a terminal; escapes are shown as E
on_terminal() {
	gw env "$@" socat -u EXEC:"dnetmap check",pty,rawer STDOUT | sed -n 's/\x1b/E/g; 1p'
}
line="module      xt_DNETMAP is installed for $(uname -r)"
is "$(on_terminal NO_COLOR=)" "E[32mok      E[0m $line" "on a terminal"
is "$(on_terminal NO_COLOR=1)" "ok       $line" "not with NO_COLOR"
is "$(gw dnetmap check | head -n 1)" "ok       $line" "nor into a pipe"
is "$(gw dnetmap -c always check | sed -n 's/\x1b/E/g; 1p')" "E[32mok      E[0m $line" \
	"but if it is asked for"

CASE="one thing wrong"
gw sysctl -qw net.ipv4.ip_forward=0
says "no forwarding" "wrong +forwarding +net.ipv4.ip_forward is 0, .*: sysctl -w net.ipv4.ip_forward=1"
is "$(status)" 1 "the status"
gw sysctl -qw net.ipv4.ip_forward=1
is "$(status)" 0 "mended"

ip -n gw route del blackhole $POOL
says "no route" "ok +route +$POOL: no route, .*"
ip -n gw route add default via 198.51.100.2
says "a circle" "wrong +route +$POOL: what nobody holds goes to 198.51.100.2 by wan, and circles: ip route add blackhole $POOL"
is "$(status)" 1 "the status"
ip -n gw route add unreachable $POOL
says "unreachable" "ok +route +$POOL: what nobody holds is discarded"
is "$(status)" 0 "mended"
ip -n gw route del default

ip -n gw addr add 20.0.0.5/32 dev wan
says "the gateway's address" "wrong +addresses +20.0.0.5 is the gateway's own, and $POOL would give it to a host: .*"
gw dnetmap add 10.0.0.1 20.0.0.5 static
says "reserved" "ok +addresses +20.0.0.5 is the gateway's, and has a static binding"
is "$(status)" 0 "mended"
ip -n gw addr del 20.0.0.5/32 dev wan

plugin=$(echo "$PLUGINS"/libxt_DNETMAP.so)
mv "$plugin" /tmp
says "no plugin" "wrong +plugin +iptables does not find libxt_DNETMAP.so: .*"
mv /tmp/libxt_DNETMAP.so "$plugin"

CASE="warnings"
is "$(grep -c ^warning /tmp/checked)" 1 "one that is a matter of taste"
grep ^warning /tmp/checked > /tmp/warned
like "$(cat /tmp/warned)" "rp_filter is 0 on all interfaces" "which is of forged sources"
gw sysctl -qw net.ipv4.conf.lan.rp_filter=1
says "sources are checked" "ok +rp_filter +.*"
nat -A PREROUTING -j DNETMAP
says "outsiders" 'warning +rules +"PREROUTING -j DNETMAP ?" lets outsiders keep bindings alive: add --ttl -1'
nat -A POSTROUTING -j DNETMAP --prefix 30.0.0.0/26
says "all sources" 'warning +rules +"POSTROUTING -j DNETMAP --prefix 30.0.0.0/26" binds every source .*'
is "$(status)" 0 "the status is as without"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 40.0.0.0/8
says "few conntrack entries" "warning +conntrack +nf_conntrack_max is [0-9]+, less than one flow for each of [0-9]+ addresses: .*"

test_case "rules"
says "there is none" "wrong +rules +no rule has the target DNETMAP: .*"
nat -A PREROUTING -j DNETMAP --ttl -1
says "none for what goes out" "wrong +rules +no rule gives addresses to hosts: .*"
nat -A POSTROUTING -o wan -j DNETMAP --prefix $POOL
says "no packets" "warning +rules +no packet has come to a rule: .*"
is "$(unshare -Ur true && in_ns gw setpriv --reuid 65534 --clear-groups dnetmap check 2>&1 | grep ' rules ')" \
	"unknown  rules       only root may read the rules" "not as root"

test_case "a pool of the network on a link"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 198.51.100.128/26
flow $HOST > /dev/null
says "nobody answers" "wrong +arp +198.51.100.128/26 is a part of the network on wan, and nobody answers ARP for it: .*"
ip -n gw route add blackhole 198.51.100.128/26
says "a blackhole does not" "wrong +arp .*"
ip -n gw route del blackhole 198.51.100.128/26
ip -n gw link add pool0 type dummy
ip -n gw link set pool0 up
ip -n gw route add 198.51.100.128/26 dev pool0
says "without proxy_arp" "wrong +arp .*"
gw sysctl -qw net.ipv4.conf.wan.proxy_arp=1
says "as the manual has it" "ok +arp +198.51.100.128/26: wan answers for it"
is "$(status)" 0 "the status"

test_case "the module"
wait_for 10 remove_module
says "not loaded" "wrong +loaded +xt_DNETMAP is not loaded: modprobe xt_DNETMAP"
is "$(status)" 1 "the status"
folder=/lib/modules/$(uname -r)
sed -i.old /xt_DNETMAP.ko:/d "$folder/modules.dep"
says "not installed" "wrong +module +xt_DNETMAP is not installed for .*: .*"
mv "$folder/modules.dep.old" "$folder/modules.dep"
says "the plugin's file" "ok +plugin +iptables has libxt_DNETMAP.so"
mv "$plugin" /tmp
says "no such file" "wrong +plugin +iptables does not find libxt_DNETMAP.so: .*"
mv /tmp/libxt_DNETMAP.so "$plugin"
mount -t tmpfs none /sys/kernel
mkdir /sys/kernel/security
echo "none [integrity] confidentiality" > /sys/kernel/security/lockdown
says "not signed" "wrong +signature +the kernel wants signed modules, and xt_DNETMAP is not: .*"
umount /sys/kernel
ok "the check does not load it" test ! -e /sys/module/xt_DNETMAP
module
refused "check: nonsense: expected nothing behind it" gw dnetmap check nonsense
