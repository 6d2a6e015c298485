# shellcheck shell=bash
# Faults on demand, in a kernel with FAILSLAB, FAIL_PAGE_ALLOC and their filter
# by stack: only what is allocated by a call from the module's code fails.

failslab=/sys/kernel/debug/failslab
fail_page_alloc=/sys/kernel/debug/fail_page_alloc
[ -d $failslab ] || fail "this kernel injects faults"
supply=1000000000

# aim: at the module, where it is now
aim() {
	aim_between "$(cut -d' ' -f1 /run/left-in-memory.text | sort -n | head -n 1)" \
		"$(cut -d' ' -f2 /run/left-in-memory.text | sort -n | tail -n 1)"
}

# aim_between FROM TO [DEPTH]: the addresses of the code that calls, by no more
# than so many calls
aim_between() {
	local faults
	for faults in $failslab $fail_page_alloc; do
		printf '0x%x' "$1" > $faults/require-start
		printf '0x%x' "$2" > $faults/require-end
		echo "${3:-32}" > $faults/stacktrace-depth
		# What may sleep fails, too.
		echo N > $faults/ignore-gfp-wait
		echo 0 > $faults/verbose
		echo $supply > $faults/times
	done
	echo 0 > $fail_page_alloc/min-order
}

# kernel_text FUNCTION: where it lies, from and to
kernel_text() {
	sort /proc/kallsyms | awk -v name="$1" '
		from != "" && $1 != from { print "0x" from, "0x" $1; exit }
		$3 ~ "^" name "([.]|$)" { from = $1 }'
}

# injected: how many faults, so far
injected() {
	echo $((2 * supply - $(cat $failslab/times) -
		$(cat $fail_page_alloc/times)))
}

# nth N COMMAND...: on the gateway, one that does not fork; its allocation number
# N by the module fails, if there are so many
nth() {
	# shellcheck disable=SC2016 # expanded in there
	gw bash -c 'echo "$0" > /proc/self/fail-nth; exec "$@"' "$@"
}

# inject NAME MINIMUM CHECK UNDO COMMAND...: as inject_to 0
inject() { inject_to 0 "$@"; }

# inject_to STATUS NAME MINIMUM CHECK UNDO COMMAND...: the command, with the first of its
# allocations failing, with the second, and so on, until there is none to fail;
# of MINIMUM 0, there is none at all.
# Each time, CHECK is called with the command's status, and prints what is
# wrong; UNDO makes all as before. Without a fault, it ends with STATUS.
inject_to() {
	local expected=$1 name=$2 minimum=$3 check=$4 undo=$5
	local n=0 count status wrong=
	shift 5
	events_may_be_lost
	while :; do
		n=$((n + 1))
		count=$(injected)
		nth $n "$@" > /run/inject.out 2>&1
		status=$?
		if [ "$(injected)" = "$count" ]; then break; fi
		wrong+=$($check $status | sed "s/^/allocation $n: /")
		$undo
	done
	figure $((n - 1)) faults
	is "$wrong" "" "$name: whichever of its $((n - 1)) allocations fails"
	in_range $((n - 1)) "$minimum" $((minimum ? 1000 : 0)) \
		"$name: so many do fail"
	is "$status" "$expected" "$name: its status without a fault"
	$undo
}
