#!/bin/bash
# Each network namespace has its own state, made by its first rule. One that is
# deleted takes everything with it, in whichever order its rules and the
# module's own state go.
. tests/lib.sh

HOST=192.168.0.10

# The modules that destroy the rules of a namespace which is deleted.
case $BACKEND in
legacy) tables=(iptable_nat) ;;
nft) tables=(nft_chain_nat nft_compat nf_tables) ;;
esac

rules=(
	"-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26"
	"-A POSTROUTING -s 172.16.0.0/12 -j DNETMAP --prefix 20.0.0.0/24 --ttl 1"
	"-A OUTPUT -o lo -j DNETMAP --prefix 30.0.0.0/8"
	"-A PREROUTING -j DNETMAP"
)

# rules_in NAMESPACE: all of these
rules_in() {
	printf '%s\n' '*nat' "${rules[@]}" COMMIT |
		in_ns "$1" "iptables-$BACKEND-restore"
}

# memory: what the module has allocated, and where
memory() {
	awk -v RS= '/\[xt_DNETMAP\]/ { print FILENAME, $1, $2 }' \
		/sys/kernel/debug/slab/*/alloc_traces | sort
}

can_go() { rmmod xt_DNETMAP 2> /dev/null; }

users() { cat /sys/module/xt_DNETMAP/refcnt; }

# position MODULE: in the order of loading, latest first
position() { grep -n "^$1 " /proc/modules | cut -d: -f1; }

# load MODULE...: anew, in this order, and before all others of theirs
load() {
	local module
	modprobe -qr xt_DNETMAP
	modprobe -qr "${tables[@]}"
	is "$(lsmod | grep -cwE "^(xt_DNETMAP|${tables[-1]})")" 0 \
		"neither is loaded"
	for module in "$@"; do modprobe "$module"; done
	note_module_text
}

# delete_gw: with bindings in all states, and readers, and no word in the log
delete_gw() {
	local before reader table
	rules_in gw
	before=$(users)
	flow $HOST > /dev/null
	flow 172.16.0.10 > /dev/null
	FROM=gw flow 10.0.0.1 10.0.0.1 > /dev/null
	pass_time 2
	like "$(bindings 20.0.0.0_24)" "ttl: 59.* ttl: -" "active and expired ones"
	isnt "$before" 0 "rules hold the module"
	nsenter --net=/run/netns/gw sleep 1000 &
	reader=$!
	wait_for 2 [ -e "/proc/$reader/net/xt_DNETMAP" ]
	exec {table}< "/proc/$reader/net/xt_DNETMAP/20.0.0.0_24"
	kill $reader
	wait $reader 2> /dev/null
	before=$(klog)
	silent_end gw
	ip netns delete gw
	within 5 0 "its rules let go of the module" users
	pass_time 2
	is "$(klog)" "$before" "silently"
	refused "error|argument|such" cat <&"$table"
	exec {table}<&-
	ok "the module can go" wait_for 5 can_go
	modprobe xt_DNETMAP
	note_module_text
}

test_case "a namespace deleted, of a module loaded before the tables"
load xt_DNETMAP "${tables[@]}"
ok "in this order" [ "$(position xt_DNETMAP)" -gt "$(position "${tables[-1]}")" ]
delete_gw

test_case "a namespace deleted, of a module loaded after the tables"
load "${tables[@]}" xt_DNETMAP
ok "in this order" [ "$(position xt_DNETMAP)" -lt "$(position "${tables[-1]}")" ]
delete_gw

test_case "a namespace without rules costs nothing"
before=$(memory)
printf 'netns add empty%s\n' {1..20} | ip -batch -
is "$(memory)" "$before" "as long as it never had any"
is "$(gw ls -A /proc/net/xt_DNETMAP 2> /dev/null)" "" "it has no files"
rules_in gw
flow $HOST > /dev/null
isnt "$(memory)" "$before" "rules and bindings cost"
flush_nat gw
within 5 "$before" "and once they are gone, no more" memory

test_case "what one namespace has is no other's"
ip netns add other
rules_in gw
rules_in other
flow $HOST > /dev/null
like "$(bindings 20.0.0.0_26)" "^$HOST -> 20\.0\.0\.0 " "a binding in one"
is "$(in_ns other cat /proc/net/xt_DNETMAP/20.0.0.0_26)" "" "is not in the other"
silent_end other
ip netns delete other
pass_time 2
is "$(inbound 20.0.0.0)" $HOST "one survives the other's end"
is "$(flow 192.168.0.11)" 20.0.0.1 "and works"

test_case "a hundred namespaces come and go with their rules in place"
before=$(memory)
sysctl -qw net.netfilter.nf_log_all_netns=0
for ten in {0..9}; do
	printf "netns add n%s\n" "$ten"{0..9} | ip -batch -
	for i in {0..9}; do rules_in "n$ten$i"; done
	printf "netns delete n%s\n" "$ten"{0..9} | ip -batch -
done
within 30 0 "all rules are gone" users
within 5 "$before" "all memory is free" memory
sysctl -qw net.netfilter.nf_log_all_netns=1
