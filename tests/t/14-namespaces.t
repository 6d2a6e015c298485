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

insert_module() {
	/tests/vm/guest/left-in-memory before
	modprobe xt_DNETMAP
	note_module_text
}

# in_order: of these, the one that destroys rules, and ours, as they were loaded
in_order() {
	sed -nE "s/^(xt_DNETMAP|${tables[-1]}) .*/\1/p" /proc/modules | tac | xargs
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
	ok "the module can go" wait_for 5 remove_module
	within 5 "" "its memory is free" left_in_memory
	insert_module
}

# Tables that are built into the kernel are always there before ours.
modprobe -a "${tables[@]}"
if grep -q "^${tables[-1]} " /proc/modules; then
	test_case "a namespace deleted, of a module loaded before the tables"
	remove_module
	modprobe -r "${tables[@]}"
	insert_module
	modprobe -a "${tables[@]}"
	is "$(in_order)" "xt_DNETMAP ${tables[-1]}" "in this order"
	delete_gw
fi

test_case "a namespace deleted, of a module loaded after the tables"
remove_module
insert_module
like "$(in_order)" "^(${tables[-1]} )?xt_DNETMAP$" "in this order"
delete_gw

test_case "a namespace without rules costs nothing"
pass_time 10 # what the test before has freed
before=$(memory)
printf 'netns add empty%s\n' {1..20} | ip -batch -
is "$(grown "$before")" "" "as long as it never had any"
is "$(gw ls -A /proc/net/xt_DNETMAP 2> /dev/null)" "" "it has no files"
rules_in gw
flow $HOST > /dev/null
isnt "$(grown "$before")" "" "rules and bindings cost"
flush_nat gw
pass_time 10 # what is freed after grace periods
# What has happened is kept, for whoever asks later.
is "$(grown "$before" | grep -v ' dnetmap_event_put+')" "" \
	"and once they are gone, no more than the events"

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
