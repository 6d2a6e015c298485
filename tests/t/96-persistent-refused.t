# shellcheck shell=bash
# --persistent in a transaction that is refused, and in one that is undone: only
# a rule that was there makes a prefix persistent.
. tests/lib.sh

pool="-A PREROUTING -i wan -j DNETMAP --prefix 20.0.0.0/26"
# The kernel checks it after those in PREROUTING.
impossible="-A INPUT -j DNETMAP"

numbers() { bindings 20.0.0.0_26_stat 2>&1; }

# restore RULE...: the whole of table nat, in one transaction
restore() { printf '%s\n' '*nat' "$@" COMMIT | ipt_restore; }

# not_restored RULE...: the same, with a rule that the kernel refuses
not_restored() {
	refused "Invalid argument|RULE_APPEND|line|COMMIT" \
		restore "$@" "$impossible"
}

test_case "a refused transaction leaves no persistent prefix"
not_restored "$pool --persistent"
within 2 "" "of a namespace that had none" files
restore "-A PREROUTING -j DNETMAP"
not_restored "$pool --persistent"
within 2 "" "of one that has other rules" files

test_case "a refused transaction makes no prefix persistent"
restore "$pool"
tell 20.0.0.0_26 +192.168.0.10:20.0.0.0 > /dev/null
not_restored "$pool --persistent"
within 2 "1 64 0" "it is as it was" numbers

test_case "a refused transaction ends no persistent prefix"
restore "$pool --persistent"
not_restored "$pool" "$pool --persistent"
pass_time 3
is "$(numbers)" "0 64 0 persistent" "with its rule"
nat -F
pass_time 3
not_restored "$pool --persistent"
pass_time 3
is "$(numbers)" "0 64 0 persistent" "without"
tell 20.0.0.0_26 -persistent > /dev/null

test_case "two transactions of one process"
ipt_restore <<- END
	*nat
	$pool --persistent
	COMMIT
	*nat
	COMMIT
END
pass_time 3
is "$(numbers)" "0 64 0 persistent" "the prefix outlives its rule"
tell 20.0.0.0_26 -persistent > /dev/null
