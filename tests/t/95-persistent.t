# shellcheck shell=bash
# A persistent prefix outlives its last rule, until -persistent is written or
# the namespace or the module goes.
. tests/lib.sh

HOST=192.168.0.10
pool=(-s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26)

numbers() { bindings 20.0.0.0_26_stat 2>&1; }

# restore RULE...: the whole of table nat, in one transaction
restore() { printf '%s\n' '*nat' "$@" COMMIT | ipt_restore; }

# without_rules: flush them, and be sure that they have gone
without_rules() {
	nat -F
	pass_time 3
}

# results COMMAND...: what becomes of each
results() { tell 20.0.0.0_26 "$@" | sed 's/^[^0-9].*/refused/' | xargs; }

two_bindings() {
	tell 20.0.0.0_26 +192.168.0.25:20.0.0.40 > /dev/null
	flow $HOST > /dev/null
}

# still_there: both bindings, which serve
still_there() {
	is "$(bindings 20.0.0.0_26 | sed 's/ ttl: .*//')" \
		"$HOST -> 20.0.0.0 ---
192.168.0.25 -> 20.0.0.40 ---" "${1:-its bindings are there}"
	is "$(inbound 20.0.0.0) $(inbound 20.0.0.40)" "$HOST 192.168.0.25" \
		"and serve"
}

test_case "--persistent: the prefix outlives its last rule"
nat -A PREROUTING -i wan -j DNETMAP
nat -A POSTROUTING "${pool[@]}" --persistent
two_bindings
like "$(numbers)" "^2 64 59[89] persistent$" "_stat says so"
nat -D POSTROUTING 1
pass_time 3
still_there "an iptables -D"
without_rules
is "$(files)" $'20.0.0.0_26\n20.0.0.0_26_stat' "an iptables -F: its files stay"
is "$(numbers | cut -d ' ' -f 1,2,4)" "2 64 persistent" "and what they say"
pass_time 700
is "$(numbers)" "1 64 0 persistent" "without rules its bindings expire"
nat -A PREROUTING -i wan -j DNETMAP
is "$(inbound 20.0.0.0) $(inbound 20.0.0.40)" "none 192.168.0.25" \
	"a rule without a prefix serves what is left"
nat -A POSTROUTING "${pool[@]}"
is "$(flow 192.168.0.11) $(flow $HOST) $(flow 192.168.0.25)" \
	"20.0.0.1 20.0.0.0 20.0.0.40" "a new rule of the prefix finds all in place"
is "$(numbers | cut -d ' ' -f 4)" persistent "it stays persistent"
tell 20.0.0.0_26 -persistent > /dev/null
logged "it has begun once" "new prefix 20.0.0.0/26" \
	"add binding 192.168.0.25 -> 20.0.0.40" "add binding $HOST -> 20.0.0.0" \
	"timeout binding $HOST -> 20.0.0.0" \
	"add binding 192.168.0.11 -> 20.0.0.1" "add binding $HOST -> 20.0.0.0"

test_case "commands, where there are no rules"
nat -A POSTROUTING "${pool[@]}" --persistent
two_bindings
without_rules
takes 20.0.0.0_26 +192.168.0.26:20.0.0.41 -192.168.0.25
is "$(pairs 20.0.0.0_26)" "$HOST -> 20.0.0.0
192.168.0.26 -> 20.0.0.41" "static bindings come and go"
takes 20.0.0.0_26 flush
is "$(numbers)" "0 64 0 persistent" "a flush leaves the prefix"
nat -A POSTROUTING "${pool[@]}"
is "$(flow 192.168.0.11)" 20.0.0.0 "which gives its addresses from the first"
takes 20.0.0.0_26 -persistent

test_case "any rule that carries it sets it"
nat -A PREROUTING -i wan -j DNETMAP
nat -A POSTROUTING "${pool[@]}"
two_bindings
unlike "$(numbers)" persistent "not yet"
nat -A OUTPUT -o lo -j DNETMAP --prefix 20.0.0.0/26 --persistent
like "$(numbers)" " persistent$" "a second rule sets it"
nat -F OUTPUT
pass_time 3
like "$(numbers)" " persistent$" "it stays when that rule goes"
nat -F POSTROUTING
pass_time 3
still_there "and so does the prefix without any"
tell 20.0.0.0_26 -persistent > /dev/null

test_case "a restore"
restore "-A POSTROUTING ${pool[*]} --persistent" "-A PREROUTING -j DNETMAP"
two_bindings
restore "-A PREROUTING -i wan -j DNETMAP"
pass_time 3
still_there "of other rules"
restore "-A POSTROUTING ${pool[*]}" "-A PREROUTING -i wan -j DNETMAP"
pass_time 3
still_there "of rules of the prefix without the word"
ipt_restore < <(ipt_save -t nat)
pass_time 3
still_there "of what was saved"
like "$(numbers)" " persistent$" "still persistent"
tell 20.0.0.0_26 -persistent > /dev/null

test_case "+persistent and -persistent"
nat -A PREROUTING -i wan -j DNETMAP
nat -A POSTROUTING "${pool[@]}" --persistent
two_bindings
takes 20.0.0.0_26 -persistent
like "$(numbers)" "^2 64 59[0-9]$" "not persistent any more, though a rule says so"
still_there
takes 20.0.0.0_26 +persistent
like "$(numbers)" "^2 64 59[0-9] persistent$" "persistent again"
nat -F POSTROUTING
pass_time 3
still_there "it outlives its rule"
nat -A POSTROUTING "${pool[@]}"
takes 20.0.0.0_26 -persistent -persistent
still_there "it has a rule"
nat -F POSTROUTING
within 2 "" "it goes with that rule" files
is "$(inbound 20.0.0.40)" none "and its bindings too"

test_case "-persistent, while a rule says --persistent"
nat -A POSTROUTING "${pool[@]}" --persistent
takes 20.0.0.0_26 -persistent
nat -A POSTROUTING -s 198.51.100.77
like "$(numbers)" "^0 64 0$" "what was undone stays undone, whatever rule comes"
nat -A PREROUTING -i wan -j DNETMAP --prefix 20.0.0.0/26 --persistent
like "$(numbers)" "^0 64 0$" "be it another that says so"
nat -D POSTROUTING 1
nat -A POSTROUTING -s 198.51.100.78
like "$(numbers)" "^0 64 0$" "or that stays alone"
nat -R PREROUTING 1 -i wan -j DNETMAP --prefix 20.0.0.0/26
pass_time 3
nat -A POSTROUTING "${pool[@]}" --persistent
like "$(numbers)" " persistent$" "until the last has gone, and then one comes"
tell 20.0.0.0_26 -persistent > /dev/null

test_case "-persistent without rules: it ends at once, its files within 2 s"
nat -A PREROUTING -i wan -j DNETMAP
nat -A POSTROUTING "${pool[@]}" --persistent
two_bindings
nat -F POSTROUTING
pass_time 3
is "$(results -persistent +persistent)" "11 refused" "nothing revives it"
is "$(inbound 20.0.0.0) $(inbound 20.0.0.40)" "none none" "it serves no more"
within 2 "" "its files go" files
nat -F
within 2 "ls: cannot access '/proc/net/xt_DNETMAP': No such file or directory" \
	"the folder goes with the last rule" gw ls /proc/net/xt_DNETMAP
nat -A POSTROUTING "${pool[@]}" --persistent
without_rules
tell 20.0.0.0_26 -persistent > /dev/null
nat -A POSTROUTING "${pool[@]}"
is "$(numbers)" "0 64 0" "a new rule at once makes a new prefix"
takes 20.0.0.0_26 +persistent
without_rules
is "$(results -persistent +192.168.0.26:20.0.0.41 -20.0.0.41 flush)" \
	"11 refused refused refused" "nothing else can be written, either"
within 2 "ls: cannot access '/proc/net/xt_DNETMAP': No such file or directory" \
	"or, with the last rule gone before, with the prefix" \
	gw ls /proc/net/xt_DNETMAP
logged "each has its end" "new prefix 20.0.0.0/26" \
	"add binding 192.168.0.25 -> 20.0.0.40" "add binding $HOST -> 20.0.0.0" \
	"prefix 20.0.0.0/26 removed" \
	"new prefix 20.0.0.0/26" "prefix 20.0.0.0/26 removed" \
	"new prefix 20.0.0.0/26" "prefix 20.0.0.0/26 removed"

test_case "the module is unloaded"
nat -A POSTROUTING "${pool[@]}" --persistent
two_bindings
without_rules
is "$(cat /sys/module/xt_DNETMAP/refcnt)" 0 "it does not hold the module"
ok "rmmod" rmmod xt_DNETMAP
is "$(files)" "" "takes it along"
logged "and tells so" "new prefix 20.0.0.0/26" \
	"add binding 192.168.0.25 -> 20.0.0.40" "add binding $HOST -> 20.0.0.0" \
	"prefix 20.0.0.0/26 removed"
module
nat -A POSTROUTING "${pool[@]}" --persistent
is "$(numbers)" "0 64 0 persistent" "another begins anew"
takes 20.0.0.0_26 -persistent

test_case "the namespace is deleted"
nat -A POSTROUTING "${pool[@]}" --persistent
two_bindings
without_rules
before=$(klog)
silent_end gw
ip netns delete gw
ok "it leaves nothing that holds the module" wait_for 5 rmmod xt_DNETMAP
is "$(klog)" "$before" "silently"
module
