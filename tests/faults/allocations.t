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

test_case "a namespace's first rule"
aim
inject "it is inserted" 4 whole_rule no_rules "${rule[@]}" 20.0.0.0/26
inject "with --persistent" 5 whole_rule no_prefix \
	"${rule[@]}" 20.0.0.0/26 --persistent

test_case "a further prefix"
nat -A PREROUTING -j DNETMAP --prefix 30.0.0.0/24
flow $HOST > /dev/null
files=$(files)
one_more() {
	[ "$1" = 0 ] || sees "$files" files || echo "it left $(files)"
	[ "$(inbound 30.0.0.0)" = $HOST ] || echo "the other is in trouble"
}
nat -A POSTROUTING -o wan -s $HOST -j DNETMAP --prefix 30.0.0.0/24
flow $HOST > /dev/null
no_further() {
	nat -D POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
	wait_for 2 sees "$files" files
} 2> /dev/null
inject "it is inserted" 3 one_more no_further "${rule[@]}" 20.0.0.0/26

test_case "the files"
gw "${rule[@]}" 20.0.0.0/26
flow $HOST > /dev/null
still_bound() { [ "$(pairs 20.0.0.0_26)" = "$HOST -> 20.0.0.0" ] ||
	echo "bindings: $(pairs 20.0.0.0_26)"; }
inject "the table is read" 1 still_bound nothing \
	cat /proc/net/xt_DNETMAP/20.0.0.0_26

# tied STATUS: a command that failed has changed nothing
tied() {
	local expected=$before
	[ "$1" != 0 ] || expected+="192.168.0.77 -> $address"
	[ "$(pairs "$file")" = "${expected%$'\n'}" ] ||
		echo "status $1, bindings: $(pairs "$file")"
}
untie() { tell "$file" "-$address" > /dev/null 2>&1; }
file=20.0.0.0_26 address=20.0.0.7 before="$HOST -> 20.0.0.0"$'\n'
inject "a static binding is added" 2 tied untie \
	"${write[@]}" $file +192.168.0.77:$address
gw "${rule[@]}" 21.0.0.0/16
file=21.0.0.0_16 address=21.0.7.7 before=
inject "a static binding is added where there was none" 4 tied untie \
	"${write[@]}" $file +192.168.0.77:$address
inject "the prefix is flushed" 1 nothing nothing \
	"${write[@]}" 20.0.0.0_26 flush
is "$(pairs 20.0.0.0_26)" "" "the prefix is flushed: in the end"

# Packets are no task's: what they allocate fails by turns.
test_case "a host's first flow"
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

test_case "a table that cannot grow"
module hash_size=1
aim
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/16
echo 2 > $failslab/interval
echo 100 > $failslab/probability
talk lan flood 192.168.1.0 500 $WAN
echo 0 > $failslab/probability
talk lan flood 192.168.1.0 500 $WAN
is "$(pairs 20.0.0.0_16 | cut -d' ' -f1 | sort -u | wc -l)" 500 \
	"every host has an address once there is memory"
figure "$(injected)" faults
