#!/bin/bash
# The VM harness goes red when it should: it runs the files of harness/, each
# with a fault of its own, and this test passes where it tells them all.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
export KVER=${KVER:-amd64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# start FIXTURE: run it in the background
start() {
	local status=0
	DNETMAP_BUILD=$work "$here/../vm/run" "$here/harness/$1.sh" \
		> "$work/$1.out" 2>&1 || status=$?
	echo "status $status" >> "$work/$1.out"
}

count=0

# says FIXTURE LINE...: its output has these lines, given as expressions
says() {
	local line failed=false
	for line in "${@:2}"; do
		count=$((count + 1))
		if grep -qE "^$line$" "$work/$1.out"; then
			echo "ok $count - $1: $line"
		else
			echo "not ok $count - $1: $line"
			failed=true
		fi
	done
	if $failed; then sed 's/^/# /' "$work/$1.out"; fi
}

"$here/harness/build" "$KVER" "$work" >&2
fixtures=(healthy unhealthy stays warns locks-up vanishes hangs)
# Two at a time; the rest in turn, each as one ends.
for fixture in "${fixtures[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
	start "$fixture" &
done
wait

# Where a module's code lies.
unnamed='0xf[0-9a-f]{15}'
if [ "$KVER" = s390x ]; then unnamed='0x3ff[0-9a-f]{8}'; fi
says healthy "ok - .* passes" "1\.\.10" "status 0"
says unhealthy \
	"not ok - .* an unhealthy test: fails" \
	"not ok - .* an unhealthy test: fails in a subshell" \
	"not ok - .* the test file ran to its end" \
	"not ok - .* its memory is free" \
	"# .* $unnamed( .*)?" \
	"not ok - .* the kernel is as untainted as before" \
	"not ok - .* the kernel's log has nothing bad" \
	"not ok - .* the log breaks no promise, and all has ended" \
	"not ok - .* no program was missing" \
	"# .*no-such-program" "# .*no-other-program.*" \
	"status 1"
says stays "not ok - .* the test file ran to its end" \
	"not ok - .* the module is removed" "status 1"
no_verdict="# the VM went down without a verdict.*"
says warns "ok - .* passes" "# .*WARNING: .*" "$no_verdict" "status 70"
lockup=("# .*soft lockup.*" "$no_verdict")
# Its kernel has no detector, and a CPU alone has nobody to find that it is gone.
if [ "$KVER" = s390x ]; then lockup=("# the VM did not end in 120 seconds.*"); fi
says locks-up "${lockup[@]}" "status 70"
says vanishes "$no_verdict" "status 70"
says hangs "# the VM did not end in 20 seconds.*" "status 70"
echo "1..$count"
