# shellcheck shell=bash
# A reader who never ends holds up the removal of what he reads, of the module, and
# nothing and nobody else. What a writer begins comes too late where it has ended.
. tests/lib.sh

# rules_of NAMESPACE...: each gets one, and a binding
rules_of() {
	local ns
	for ns; do
		in_ns "$ns" "iptables-$BACKEND" -t nat -A POSTROUTING -j DNETMAP \
			--prefix 20.0.0.0/26
		talk "$ns" flood 100.64.0.1 1 203.0.113.1
	done
}

# He waits in the handler, for his page.
stalled() { grep -q handle_userfault "/proc/$reader/stack"; }

# another_rule OPTION: for the hosts, of another prefix than the one he reads
another_rule() {
	nat "$1" POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 30.0.0.0/26
}

gw=(nsenter --net=/run/netns/gw "iptables-$BACKEND" -t nat)

# in_one_go LINE...: a transaction of these in table nat of the gateway; what
# takes as long as the reader likes is ended by timeout
in_one_go() {
	printf '%s\n' '*nat' "$@" COMMIT |
		timeout 5 nsenter --net=/run/netns/gw "iptables-$BACKEND-restore" -n
}

# ten OPTION [WORD...]: a line for each of ten rules, of a prefix each
ten() {
	local n
	for n in {0..9}; do
		echo "$1 POSTROUTING -s 198.51.100.0/24 -j DNETMAP --prefix 40.0.0.$n/32 ${*:2}"
	done
}

# start_stalling FILE: in the gateway; it has a line
start_stalling() {
	(exec nsenter --net=/run/netns/gw stall "/proc/net/xt_DNETMAP/$1") &
	reader=$!
	ok "a reader in a handler" wait_for 5 stalled
}

stop_stalling() { kill $reader && wait $reader 2> /dev/null; }

# ends: how often his prefix has ended, as the log tells
ends() { klog | grep -c '^prefix 20.0.0.0/26 removed'; }

test_case "a reader stalls"
inner_hosts gw
ip netns add other
inner_hosts other
ip netns add third
inner_hosts third
rules_of gw other third
another_rule -A
start_stalling 20.0.0.0_26
ok "his rule is removed" timeout 5 "${gw[@]}" -D POSTROUTING 1
within 5 1 "and with it the prefix" ends
is "$(bindings 20.0.0.0_26 2>&1)" \
	"cat: /proc/net/xt_DNETMAP/20.0.0.0_26: Input/output error" \
	"of which the file is left, for him alone"
is "$(flow 192.168.0.10)" 30.0.0.0 "packets do not wait for him"
ip -n gw link add dummy1 type dummy
"${gw[@]}" -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 & waiting=$!
ok "nor does who removes a device" timeout 5 ip -n gw link delete dummy1
wait $waiting
ok "nor does who removes a rule of another prefix" timeout 5 "${gw[@]}" -F
within 5 $'20.0.0.0_26\n20.0.0.0_26_stat' "of which the files go" files
flush_nat other
within 5 "ls: cannot access '/proc/net/xt_DNETMAP': No such file or directory" \
	"nor does a rule elsewhere that goes" \
	eval 'in_ns other ls /proc/net/xt_DNETMAP 2>&1'
rules_of other
is "$(in_ns other cut -d ' ' -f 1-3 /proc/net/xt_DNETMAP/20.0.0.0_26)" \
	"100.64.0.1 -> 20.0.0.0" "and one that comes"
rules=$(users)
silent_end third
ip netns delete third
within 20 $((rules - 1)) "nor a namespace that goes" users
pass_time 250 # the kernel looks every two minutes
ok "nor does the kernel complain of him, who still reads" stalled
stop_stalling
within 5 "" "when he is gone, so is the file" files
within 5 1 "and he does not keep the module" users # the rule elsewhere does

test_case "a reader stalls, and a rule names the prefix again"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26 --ttl 10
flow 192.168.0.10 > /dev/null
flow 192.168.0.11 > /dev/null
start_stalling 20.0.0.0_26
nat -D POSTROUTING 1
within 5 1 "it has ended" ends
ok "it begins anew" timeout 5 "${gw[@]}" -A POSTROUTING -s 192.168.0.0/16 \
	-j DNETMAP --prefix 20.0.0.0/26
is "$(bindings 20.0.0.0_26)" "" "empty"
is "$(flow 192.168.0.12)" 20.0.0.0 "from its first address"
is "$(pairs 20.0.0.0_26)" "192.168.0.12 -> 20.0.0.0" "and can be read"
ok "(he still reads)" stalled
stop_stalling
is "$(pairs 20.0.0.0_26)" "192.168.0.12 -> 20.0.0.0" "also when he is gone"
nat -D POSTROUTING 1
within 5 "" "and goes with its rule" files
within 5 2 "as the log tells" eval 'klog | grep -c "^new prefix 20.0.0.0/26"'

test_case "a reader stalls, and many rules come and go"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
mapfile -t lines < <(ten -A)
ok "ten rules" in_one_go "${lines[@]}"
flow 192.168.0.10 > /dev/null
start_stalling 20.0.0.0_26
nat -D POSTROUTING 1
mapfile -t lines < <(ten -D)
ok "they are removed" in_one_go "${lines[@]}"
mapfile -t lines < <(ten -A)
ok "and come again" in_one_go "${lines[@]}"
ok "(he still reads)" stalled
stop_stalling
flush_nat gw
within 5 "" "when he is gone, so is all" files

test_case "a reader stalls, and the world has no way to what has ended"
nat -A PREROUTING -j DNETMAP
nat -A POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -s 192.168.2.0/24 -j DNETMAP --prefix 30.0.0.0/26
flow 192.168.1.1 > /dev/null
flow 192.168.2.1 > /dev/null
is "$(inbound 30.0.0.0)" 192.168.2.1 "before"
start_stalling 20.0.0.0_26
nat -D POSTROUTING 1
nat -D POSTROUTING 1
within 5 none "nor to what ends while he reads" inbound 30.0.0.0
stop_stalling

test_case "a reader stalls, and the module is to go"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
start_stalling 20.0.0.0_26
flush_nat gw
within 5 1 "he alone keeps it" users
refused "in use" rmmod xt_DNETMAP
stop_stalling
ok "when he is gone it goes" wait_for 5 remove_module
module

test_case "a reader stalls, and a command ends the prefix"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26 --persistent
flow 192.168.0.10 > /dev/null
flush_nat gw
within 5 0 "no rule is left" users
start_stalling 20.0.0.0_26
tell 20.0.0.0_26 -persistent > /dev/null
within 5 1 "as the log tells" ends
is "$(tell 20.0.0.0_26 +persistent)" "Input/output error" "it takes no more of them"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
is "$(gw cat /proc/net/xt_DNETMAP/20.0.0.0_26_stat)" "0 64 0" \
	"it does not persist when it begins anew"
stop_stalling

test_case "a reader stalls, and a rule is replaced by a --persistent one"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
flow 192.168.0.10 > /dev/null
start_stalling 20.0.0.0_26
ok "iptables does not wait for him" in_one_go \
	"-D POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26" \
	"-A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 30.0.0.0/26 --persistent"
like "$(gw cat /proc/net/xt_DNETMAP/30.0.0.0_26_stat)" "persistent$" "the prefix is"
stop_stalling
flush_nat gw
within 5 $'30.0.0.0_26\n30.0.0.0_26_stat' "it outlives its rule" files
tell 30.0.0.0_26 -persistent > /dev/null

test_case "a reader stalls in what has ended, which does not count for max_bindings"
module max_bindings=4
nat -A POSTROUTING -s 192.168.1.0/24 -j DNETMAP --prefix 20.0.0.0/26 --ttl 10
nat -A POSTROUTING -s 192.168.2.0/24 -j DNETMAP --prefix 30.0.0.0/26
for host in 1 2 3; do flow 192.168.1.$host > /dev/null; done
pass_time 11
start_stalling 20.0.0.0_26
nat -D POSTROUTING 1
within 5 1 "it has" ends
for host in 1 2 3 4 5; do flow 192.168.2.$host > /dev/null; done
is "$(pairs 30.0.0.0_26)" "192.168.2.1 -> 30.0.0.0
192.168.2.2 -> 30.0.0.1
192.168.2.3 -> 30.0.0.2
192.168.2.4 -> 30.0.0.3" "there are four, and no fifth"
stop_stalling

test_case "a reader stalls in what has ended, which is no pool any more"
ip -n gw route add local 20.0.0.7 dev lo
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
nat -A POSTROUTING -s 20.0.0.7 -j DNETMAP
# It lies between the others: what lies outside of all is told without a look-up.
nat -A POSTROUTING -s 192.0.2.0/24 -j DNETMAP --prefix 15.0.0.0/26
nat -A POSTROUTING -s 192.0.2.0/24 -j DNETMAP --prefix 30.0.0.0/26
tell 30.0.0.0_26 +20.0.0.7:30.0.0.7 > /dev/null
flow 192.168.0.10 > /dev/null
is "$(FROM=gw flow 20.0.0.7)" 20.0.0.7 "before, who has an address of it keeps that"
start_stalling 20.0.0.0_26
nat -D POSTROUTING 1
within 5 30.0.0.7 "now he is a host like others" eval 'FROM=gw flow 20.0.0.7'
stop_stalling

# His command is read once the prefix has ended, which his file has outlived.
test_case "a writer stalls, and the prefix ends"
mkfifo /tmp/wait
for command in +persistent -persistent +192.168.0.26:20.0.0.41 -20.0.0.0 flush; do
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
	flow 192.168.0.10 > /dev/null
	before=$(ends)
	(exec nsenter --net=/run/netns/gw stall /proc/net/xt_DNETMAP/20.0.0.0_26 \
		"$command" < /tmp/wait > /tmp/said) & reader=$!
	exec 5> /tmp/wait
	ok "a writer in a handler" wait_for 5 stalled
	nat -D POSTROUTING 1
	within 5 $((before + 1)) "it has ended" ends
	exec 5>&-
	wait $reader
	is "$(cat /tmp/said)" "No such file or directory" "$command is refused"
	within 5 "" "and the file goes" files
done
is "$(klog | grep -c 'flushed$')" 0 "none has come to be"
rm /tmp/wait

test_case "a reader stalls who has left the namespace"
ip netns add left
inner_hosts left
ip netns add other
inner_hosts other
# More in the other than in that, so that it matters whose have gone.
rules_of left other other
(exec nsenter --net=/run/netns/left sleep 1000) &
inside=$!
wait_for 5 test -e "/proc/$inside/net/xt_DNETMAP/20.0.0.0_26"
stall "/proc/$inside/net/xt_DNETMAP/20.0.0.0_26" & reader=$!
ok "in a handler" wait_for 5 stalled
silent_end left
silent_end other
kill $inside
ip netns delete left
pass_time 2
ip netns delete other
within 20 2 "another namespace goes all the same" users # his rule, and he
stop_stalling
within 20 0 "and when he is gone, so does that which he read of" users
