# shellcheck shell=bash
# Bindings that end together do so one after the other, and have one line in the
# log. Whoever comes in between finds a log that is right at each line.
# lanes: amd64
# vm: log=long backends=legacy timeout=900
. tests/lib.sh

# in_force PREFIX: what the log says is
in_force() {
	klog | awk -v flushed="prefix $1 flushed" '
		$0 == flushed { delete is }
		/^add / { is[$3 " -> " $5] }
		/^(remove|timeout) / { delete is[$3 " -> " $5] }
		END { for (pair in is) print pair }' | sort
}

# count LINE: how many of the log's begin so
count() { klog | grep -c "^$1"; }

# flows COUNT: of a real-time task, which comes first at any moment where softirqs
# may run
flows() {
	burst -i 4000 "$1" 100.64.0.0/8192 "203.0.113.0/256:$((port += 10))" gw \
		> /dev/null
}

table=/proc/net/xt_DNETMAP/20.0.0.0_18
port=2000

test_case "flows come while a prefix is flushed"
echo full > /sys/kernel/debug/sched/preempt
inner_hosts gw
nat -A POSTROUTING -s 100.64.0.0/10 -j DNETMAP --prefix 20.0.0.0/18
flows 8192
is "$(bindings 20.0.0.0_18 | wc -l)" 8192 "8,192 bindings"
touch /tmp/flowing
while [ -e /tmp/flowing ]; do flows 4096; done &
for ((flush = 0; flush < 10; flush++)); do
	gw tee $table <<< flush > /dev/null
done
rm /tmp/flowing
wait $!
within 2 10 "ten flushes" count "prefix 20.0.0.0/18 flushed"
in_range "$(count remove)" 1 100000 "some are met before the line of all"
pairs 20.0.0.0_18 | sort > /tmp/table
in_range "$(wc -l < /tmp/table)" 1 8192 "there are bindings after the last"
within 2 "$(cat /tmp/table)" "nothing outlives the line that ends it" \
	in_force 20.0.0.0/18
gw tee $table <<< flush > /dev/null
is "$(bindings 20.0.0.0_18)" "" "and none after one that nobody disturbs"
echo voluntary > /sys/kernel/debug/sched/preempt
