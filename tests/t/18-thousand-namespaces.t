# shellcheck shell=bash
# A thousand namespaces come and go on all CPUs, half of them with each backend,
# all with rules, bindings and a reader of their table inside. It takes minutes,
# so one kernel has to do.
# lanes: 6.12-amd64
# vm: cpus=4 mem=1024 timeout=1800
. tests/lib.sh

# live_and_die NAMESPACE: prints a binding that its reader has seen
live_and_die() {
	local inside file lines
	busy_netns "$1" 20
	silent_end "$1"
	(exec nsenter --net="/run/netns/$1" sleep 1000) &
	inside=$!
	wait_for 30 test -e "/proc/$inside/net/xt_DNETMAP/20.0.0.0_8"
	exec {file}< "/proc/$inside/net/xt_DNETMAP/20.0.0.0_8"
	# At one go: where "read" goes back to, another second may have moved.
	mapfile -tn 5 -u "$file" lines
	kill "$inside"
	ip netns delete "$1"
	echo "${lines[4]}"
	# It holds the file while the namespace goes.
	pass_time 0.1
	exec {file}<&-
} 2> /dev/null

test_case "five hundred namespaces come and go"
for cpu in 0 1 2 3; do
	{
		taskset -pc "$cpu" "$BASHPID" > /dev/null
		for n in {1..125}; do live_and_die "cpu$cpu-$n"; done
	} > "/tmp/seen$cpu" & lives+=($!)
done
wait "${lives[@]}"
seen=$(sed 's/ ---.*//' /tmp/seen? | sort | uniq -c | xargs)
is "$seen" "500 192.168.0.4 -> 20.0.0.4" \
	"each had its bindings, and a reader of them"
figure "$(cat /tmp/seen? | wc -l)" namespaces
flush_nat gw
within 30 0 "nobody uses the module" users
