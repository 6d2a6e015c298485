#!/bin/bash
# What the kernels with sanitizers are for, they find, and then a test is red: a
# module of ../host/harness does one thing wrong in each VM.
#
# KVER is the kernel, as for tests/vm/run: um-kasan, smp-kasan or smp-kcsan.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
export KVER=${KVER:-um-kasan}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count=0

# finds FAULT LINE: the output of a VM with this fault has a line with LINE, and
# is a failure
finds() {
	local status=0 seen
	count=$((count + 1))
	cat > "$work/fault.sh" <<- END
		# vm: backends=nft cpus=$cpus
		. tests/lib.sh
		module fault=$1
	END
	seen=$(DNETMAP_BUILD=$work "$here/../vm/run" "$work/fault.sh" 2>&1) ||
		status=$?
	if [ "$status" != 0 ] && grep -qE "$2" <<< "$seen"; then
		echo "ok $count - $1: $2"
	else
		echo "not ok $count - $1: $2"
		printf 'status %s\n%s\n' "$status" "$seen" | sed 's/^/# /'
	fi
}

"$here/../host/harness/build" "$KVER" "$work" >&2
case $KVER in
*-kcsan)
	cpus=2
	finds race "BUG: KCSAN: data-race in count " ;;
*-kasan)
	cpus=1
	finds use-after-free "BUG: KASAN: slab-use-after-free in use_after_free"
	finds out-of-bounds "BUG: KASAN: slab-out-of-bounds in out_of_bounds"
	finds far-shift "UBSAN: shift-out-of-bounds in "
	finds sleep-in-atomic "BUG: sleeping function called from invalid context"
	finds dereference-outside-rcu "WARNING: suspicious RCU usage"
	finds walk-outside-rcu "RCU-list traversed in non-reader section"
	finds put-namespace-twice "ref_tracker: reference already released"
	finds put-device-twice "ref_tracker: reference already released"
	finds lock-in-any-order "WARNING: possible circular locking dependency"
	finds delete-twice "list_del corruption"
	finds free-running-timer "ODEBUG: free active .* object type: timer_list"
	finds lose-pages "not ok - .* no memory is lost"
	finds leak "not ok - .* no memory is lost" ;;
esac
echo "1..$count"
