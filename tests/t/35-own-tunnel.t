#!/bin/bash
# --own with real xfrm policies: an IPsec tunnel to a partner, which takes an address
# of our second pool only. Nothing for him may leave in clear text. The tunnel's cipher
# is the one that changes nothing, which all kernels have.
# lanes: 5.10-amd64 amd64 6.12-amd64 rt-amd64 7.2-amd64 7.3-amd64 trixie-amd64 newest-amd64
. tests/lib.sh

HOST=192.168.0.10
LAN=192.168.0.0/24
PARTNER=203.0.113.1
NETWORK=203.0.113.0/24
OURS=198.51.100.1
POOL=30.0.0.0/26

# one_way NAMESPACE FROM TO FROM_NETWORK TO_NETWORK DIRECTION...: a half of the tunnel, as
# one of its ends has it
one_way() {
	local direction
	ip -n "$1" xfrm state add src "$2" dst "$3" proto esp spi "0x${2##*.}00" \
		reqid 1 mode tunnel \
		enc "ecb(cipher_null)" "" \
		auth-trunc "hmac(sha256)" "0x$(printf '%064d' 1)" 128
	for direction in "${@:6}"; do
		ip -n "$1" xfrm policy add src "$4" dst "$5" dir "$direction" \
			tmpl src "$2" dst "$3" proto esp reqid 1 mode tunnel
	done
}

# tunnel [OPTION...]: the world is behind wan, and so is the partner's gateway
tunnel() {
	ip -n wan addr add $PARTNER/32 dev lo
	ip -n gw route add default via $WAN
	one_way gw $OURS $WAN $POOL $NETWORK out
	one_way gw $WAN $OURS $NETWORK $POOL in fwd
	one_way wan $OURS $WAN $POOL $NETWORK in fwd
	one_way wan $WAN $OURS $NETWORK $POOL out
	in_ns wan "iptables-$BACKEND" -t raw -A PREROUTING -i eth0 -p esp
	in_ns wan "iptables-$BACKEND" -t raw -A PREROUTING -i eth0 -d $NETWORK \
		-m policy --dir in --pol none
	# With -s, as the tunnel's own packets come by, too.
	nat -A POSTROUTING -s $LAN -d $NETWORK -j DNETMAP --prefix $POOL "$@"
	nat -A POSTROUTING -s $LAN -o wan -j DNETMAP --prefix 20.0.0.0/26
	nat -A PREROUTING -j DNETMAP
}

# came: how many packets of the tunnel have come there, and how many in clear text
came() {
	in_ns wan "iptables-$BACKEND" -t raw -nvxL PREROUTING |
		awk '$1 ~ /^[0-9]+$/ { print $1 }' | xargs
}

test_case "without --own"
tunnel
is "$(flow $HOST)" 20.0.0.0 "a host that has talked to the world"
is "$(flow $HOST $PARTNER)" 20.0.0.0 "comes to the partner by the same address"
is "$(came)" "0 1" "in clear text"
is "$(flow 192.168.0.11 $PARTNER)" 30.0.0.0 "one that has not, by one of his pool"
is "$(came)" "1 1" "by the tunnel"

test_case "with --own"
hosts_have_scopes
tunnel --own
is "$(flow $HOST)" 20.0.0.0 "a host that has talked to the world"
is "$(flow $HOST $PARTNER)" 30.0.0.0 "comes to the partner by an address of his pool"
is "$(came)" "1 0" "by the tunnel"
is "$(flow 192.168.0.11 $PARTNER) $(flow 192.168.0.11)" "30.0.0.1 20.0.0.1" \
	"in the other order"
ok "the partner reaches the host by it" wan ping -nc1 -W5 -I $PARTNER 30.0.0.0
is "$(came | cut -d ' ' -f 2)" 0 "and nothing has come in clear text"
takes 30.0.0.0_26 flush
takes 20.0.0.0_26 flush
gw conntrack -F 2> /dev/null
is "$(flow $HOST $PARTNER) $(came | cut -d ' ' -f 2)" "30.0.0.0 0" "nor after a flush"

test_case "where the pool is used up"
hosts_have_scopes
POOL=30.0.0.0/32
tunnel --own
is "$(flow $HOST $PARTNER) $(flow 192.168.0.11 $PARTNER)" "30.0.0.0 20.0.0.0" \
	"the next rule has its turn"
is "$(came)" "1 1" "and sends in clear text"
gw nft -f - <<- END
	add table ip unmapped
	add chain ip unmapped post { type filter hook postrouting priority 110; }
	add rule ip unmapped post ip daddr $NETWORK rt ipsec missing drop
END
is "$(flow $HOST $PARTNER) $(flow 192.168.0.12 $PARTNER)" "30.0.0.0 none" \
	"the manual's rule keeps that back"
is "$(came)" "2 1" "and nothing else"
