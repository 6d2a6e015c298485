#!/bin/bash
# The plugin in the hands of iptables: the rules of tests/plugin/libxt_DNETMAP.t
# are taken and listed, or refused with their message, as written there. Of the
# wrong ones, the first for each message; tests/host/plugin.t has them all.
# share: um
. tests/lib.sh

chains=(PREROUTING POSTROUTING OUTPUT)
rules=() listings=()
declare -A wrong_rules
while IFS=';' read -r rule listing verdict; do
	case $verdict in
	OK)
		rules+=("$rule")
		listings+=("${listing/#=/$rule}")
		;;
	FAIL)
		message=${listing#'bad value "'*'" for '}
		: "${wrong_rules[$message]:=$rule}"
		;;
	esac
done < <(grep -- '^-j' tests/plugin/libxt_DNETMAP.t)

# for_all COMMAND RULE...: the command with each rule, in each chain, as input
# of iptables-restore
for_all() {
	local chain
	echo '*nat'
	for chain in "${chains[@]}"; do
		printf -- "$1 $chain %s\n" "${@:2}"
	done
	echo COMMIT
}

# chain_listing CHAIN [LISTING...]: what iptables -S prints for these rules
chain_listing() {
	echo "-P $1 ACCEPT"
	[ $# = 1 ] || printf -- "-A $1 %s\n" "${@:2}"
}

# saved: the rules without packet counters
saved() { ipt_save -t nat | grep ^-A; }

test_case "all good rules at once"
ok "iptables-restore takes them" ipt_restore < <(for_all -A "${rules[@]}")
for chain in "${chains[@]}"; do
	is "$(nat -S "$chain")" "$(chain_listing "$chain" "${listings[@]}")" \
		"-S $chain lists them"
done
before=$(saved)
ok "iptables-restore takes what iptables-save printed" \
	ipt_restore < <(ipt_save -t nat)
is "$(saved)" "$before" "nothing is lost in the round trip"
ok "-C finds each by its listing" \
	ipt_restore --noflush < <(for_all -C "${listings[@]}")
ok "-D finds each by what it was made from" \
	ipt_restore --noflush < <(for_all -D "${rules[@]}")
is "$(saved)" "" "none is left"
for file in $(gw find /proc/net/xt_DNETMAP/ -name '*_stat'); do
	gw tee "${file%_stat}" <<< "-persistent" > /dev/null
done

test_case "a rule that differs in one option is another rule"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26 --ttl 200
for other in "--prefix 20.0.0.0/26" \
	"--ttl 200" \
	"--prefix 20.0.0.0/26 --ttl 201" \
	"--prefix 20.0.0.0/26 --ttl -200" \
	"--prefix 20.0.0.0/27 --ttl 200" \
	"--prefix 20.0.0.64/26 --ttl 200" \
	"--prefix 20.0.0.0/26 --reuse --ttl 200"; do
	# shellcheck disable=SC2086
	refused "rule|Bad|match" nat -C POSTROUTING -j DNETMAP $other
	# shellcheck disable=SC2086
	refused "rule|Bad|match" nat -D POSTROUTING -j DNETMAP $other
done

test_case "-I, -R and -L"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
nat -I POSTROUTING -j DNETMAP --ttl -5
nat -R POSTROUTING 2 -j DNETMAP --ttl 200 --prefix 30.0.0.0/26 --reuse
is "$(nat -S POSTROUTING)" "$(chain_listing POSTROUTING \
	"-j DNETMAP --ttl -5" \
	"-j DNETMAP --prefix 30.0.0.0/26 --reuse --ttl 200")" \
	"inserted before, replaced in place"
like "$(nat -nL POSTROUTING 1)" "^DNETMAP .* ttl -5$" "-L of the first"
like "$(nat -nL POSTROUTING 2)" \
	"^DNETMAP .* prefix 30\.0\.0\.0/26 reuse ttl 200$" "-L of the second"

test_case "beside a match with an option of the same name"
rule="-s 192.168.0.0/16 -o wan -m ttl --ttl-eq 63 -j DNETMAP --ttl 200"
ok "taken" eval "nat -A POSTROUTING $rule"
is "$(nat -S POSTROUTING)" "$(chain_listing POSTROUTING "$rule")" "listed"
ok "deleted" eval "nat -D POSTROUTING $rule"

test_case "wrong rules"
for message in "${!wrong_rules[@]}"; do
	words=()
	eval "words=(${wrong_rules[$message]})"
	# iptables 1.8.11 prints the number of an option that takes no value, as a byte.
	message=${message/'"--reuse=4"'/'"-(-reuse=4|.?)"'}
	refused "$message" nat -A POSTROUTING "${words[@]}"
done
is "$(nat -S POSTROUTING)" "$(chain_listing POSTROUTING)" "none is there"

test_case "other families"
refused "load target .DNETMAP|Chain 'DNETMAP' does not exist" \
	gw "ip6tables-$BACKEND" -t nat -A POSTROUTING -j DNETMAP
