#!/bin/bash
# Each allocation of the module fails once, one after the other: what asked for
# it fails in good order, or goes on without, and nothing is left behind.
. tests/lib.sh
. tests/faults/lib.sh

HOST=192.168.0.10
rule=("iptables-$BACKEND" -t nat -A POSTROUTING -s 192.168.0.0/16
	-j DNETMAP --prefix)

# shellcheck disable=SC2016 # expanded in there
write=(bash -c 'printf %s "$1" > "/proc/net/xt_DNETMAP/$0"')
# shellcheck disable=SC2016 # likewise
restore=(bash -c 'exec "$0" <<< "$1"' "iptables-$BACKEND-restore")

rules() { nat -S POSTROUTING | grep -c DNETMAP; }
nothing() { :; }

# whole_rule STATUS: a rule is there with all that belongs to it, or not at all
whole_rule() {
	if [ "$1" = 0 ]; then
		[ "$(flow $HOST)" = 20.0.0.0 ] || echo "it does not work"
	elif [ "$(rules)" != 0 ]; then
		echo "it failed, and a rule is there"
	else
		wait_for 2 sees "" files || echo "it left $(files)"
	fi
}

no_rules() { flush_nat gw; wait_for 2 sees "" files; }

no_prefix() {
	if [ -e "/run/netns/gw" ] && [ -n "$(files)" ]; then
		tell 20.0.0.0_26 -persistent > /dev/null
	fi
	no_rules
}

# What the kernel allocates itself for each one's parts, of which the module's is
# one: whichever it is, those that are there by then are unmade.
test_case "a namespace"
read -r from to < <(kernel_text ops_init)
aim_between "$from" "$to" 7
works() {
	if [ "$1" != 0 ]; then
		! ip netns exec new true 2> /dev/null || echo "it failed, and is there"
	elif ! ip netns exec new "${rule[@]}" 20.0.0.0/26 ||
		! ip netns exec new grep -q "^0 64 " \
			/proc/net/xt_DNETMAP/20.0.0.0_26_stat; then
		echo "it does not work"
	fi
}
delete() { ip netns delete new; } 2> /dev/null
inject "it is made" 10 works delete ip netns add new

test_case "a namespace's first rule"
aim
inject "it is inserted" 4 whole_rule no_rules "${rule[@]}" 20.0.0.0/26
inject "with --persistent" 5 whole_rule no_prefix \
	"${rule[@]}" 20.0.0.0/26 --persistent

test_case "a ruleset"
ruleset="*nat
-A PREROUTING -j DNETMAP
-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26 --reuse
-A POSTROUTING -s 172.16.0.0/12 -j DNETMAP --prefix 30.0.0.0/24 --persistent
COMMIT"
no_prefixes() {
	tell 30.0.0.0_24 -persistent > /dev/null 2>&1
	no_rules
}
inject "it is loaded" 8 whole_rule no_prefixes "${restore[@]}" "$ruleset"
refused_whole() {
	[ "$1" != 0 ] || echo "it was not refused"
	whole_rule 1
}
bad_end="-A INPUT -j DNETMAP"$'\n'"COMMIT"
case $BACKEND in legacy) refusal=1 ;; nft) refusal=4 ;; esac
inject_to $refusal "it is refused for its last rule" 8 refused_whole no_prefixes \
	"${restore[@]}" "${ruleset/COMMIT/$bad_end}"

test_case "a further prefix"
nat -A PREROUTING -j DNETMAP --prefix 30.0.0.0/24
nat -A POSTROUTING -o wan -s $HOST -j DNETMAP --prefix 30.0.0.0/24
flow $HOST > /dev/null
files=$(files)
one_more() {
	if [ "$1" != 0 ]; then
		wait_for 2 sees "$files" files || echo "it left $(files)"
	elif [ "$(flow 192.168.0.11)" != 20.0.0.0 ]; then
		echo "it does not work"
	fi
	[ "$(inbound 30.0.0.0)" = $HOST ] || echo "the other is in trouble"
}
no_further() {
	nat -D POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
	wait_for 2 sees "$files" files
} 2> /dev/null
inject "it is inserted" 3 one_more no_further "${rule[@]}" 20.0.0.0/26

test_case "the files"
gw "${rule[@]}" 20.0.0.0/26
flow $HOST > /dev/null
# all_read STATUS: a read that succeeded has read everything
all_read() {
	[ "$1" != 0 ] || [ "$(cut -d ' ' -f $2 /run/inject.out)" = "$3" ] ||
		echo "read: $(cat /run/inject.out)"
	[ "$(pairs 20.0.0.0_26)" = "$HOST -> 20.0.0.0" ] ||
		echo "bindings: $(pairs 20.0.0.0_26)"
}
table_read() { all_read "$1" 1-3 "$HOST -> 20.0.0.0"; }
stat_read() { all_read "$1" 1-2 "1 64"; }
inject "the table is read" 1 table_read nothing \
	cat /proc/net/xt_DNETMAP/20.0.0.0_26
inject "the statistics are read" 1 stat_read nothing \
	cat /proc/net/xt_DNETMAP/20.0.0.0_26_stat

# tied STATUS: a command that failed has changed nothing
tied() {
	local expected=$before
	[ "$1" != 0 ] || expected+="192.168.0.77 -> $address"
	[ "$(pairs "$file")" = "${expected%$'\n'}" ] ||
		echo "status $1, bindings: $(pairs "$file")"
}
untie() { tell "$file" "-$address" > /dev/null 2>&1; }
file=20.0.0.0_26 address=20.0.0.7 before="$HOST -> 20.0.0.0"$'\n'
inject "a static binding is added" 4 tied untie \
	"${write[@]}" $file +192.168.0.77:$address
gw "${rule[@]}" 21.0.0.0/16
file=21.0.0.0_16 address=21.0.7.7 before=
inject "a static binding is added where there was none" 4 tied untie \
	"${write[@]}" $file +192.168.0.77:$address
flushed() {
	local expected="$HOST -> 20.0.0.0"
	[ "$1" != 0 ] || expected=
	[ "$(pairs 20.0.0.0_26)" = "$expected" ] ||
		echo "status $1, bindings: $(pairs 20.0.0.0_26)"
}
bind_again() { flow $HOST > /dev/null; }
inject "the prefix is flushed" 1 flushed bind_again \
	"${write[@]}" 20.0.0.0_26 flush
gone() { [ "$(rules)" = 1 ] || echo "status $1, $(rules) rules"; }
insert_again() { gw "${rule[@]}" 20.0.0.0/26; }
inject "a rule is removed" 0 gone insert_again "iptables-$BACKEND" -t nat \
	-D POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26

# What a task sends itself is its own, all the way; what it forwards is not.
test_case "a host's first flow, from the gateway itself"
inner_hosts gw
nat -A POSTROUTING -o sink -j DNETMAP --prefix 21.0.0.0/29
bound() {
	local seen
	seen=$(pairs 21.0.0.0_29)
	[ "$1" = 0 ] || echo "it could not be sent: $1"
	[ -z "$seen" ] || [ "$seen" = "100.64.0.1 -> 21.0.0.0" ] ||
		echo "bindings: $seen"
}
unbind() {
	tell 21.0.0.0_29 flush > /dev/null
	gw conntrack -F 2> /dev/null
	# The next event needs a page of its own again.
	pass_time 1
}
inject "it is sent" 3 bound unbind talk gw flood 100.64.0.1 1 203.0.113.1

# By turns, as these packets are no task's.
test_case "hosts' first flows"
events_may_be_lost
count=$(injected)
wrong=
for n in {1..6} {1..6}; do
	nat -A POSTROUTING -s "192.168.$n.0/24" -j DNETMAP \
		--prefix "21.$n.0.0/29"
	for host in {1..8}; do
		echo "$n" > $failslab/interval
		echo 100 > $failslab/probability
		seen=$(flow "192.168.$n.$host")
		echo 0 > $failslab/probability
		case $seen in
		"192.168.$n.$host" | "21.$n.0".*) ;;
		*) wrong+="192.168.$n.$host left as $seen; " ;;
		esac
	done
	seen=$(for host in {1..8}; do flow "192.168.$n.$host"; done | sort)
	[ "$seen" = "$(printf "21.$n.0.%s\n" {0..7})" ] ||
		wrong+="afterwards $seen; "
	no_rules
done
is "$wrong" "" "a fault costs no more than one flow its address"
count=$(($(injected) - count))
figure "$count" faults
in_range "$count" 30 1000 "there were faults"

# While a real-time task sends packets, the kernel's own worker, which makes larger
# tables, does not run. So a packet has to, and cannot.
test_case "a table that cannot grow"
module hash_size=1
inner_hosts gw
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/16
read -r from to < <(kernel_text bucket_table_alloc)
aim_between "$from" "$to"
count=$(injected)
(
	chrt -f -p 10 "$BASHPID"
	echo 1 > $failslab/interval
	echo 100 > $failslab/probability
	talk gw flood 100.64.1.0 500 203.0.113.1
	echo 0 > $failslab/probability
)
count=$(($(injected) - count))
figure "$count" faults
in_range "$count" 100 1000 "there were faults"
in_range "$(pairs 20.0.0.0_16 | wc -l)" 1 400 "most hosts have no address"
talk gw flood 100.64.1.0 500 203.0.113.1
is "$(pairs 20.0.0.0_16 | cut -d' ' -f1 | sort -u | wc -l)" 500 \
	"every host has an address once there is memory"
is "$(pairs 20.0.0.0_16 | cut -d' ' -f3 | sort -u | wc -l)" 500 "of its own"
