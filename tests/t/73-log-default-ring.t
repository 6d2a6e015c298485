#!/bin/bash
# The kernel's log in a ring of the size that kernels have by default: who reads it
# as it is written gets every line, however many bindings end at once.
# vm: backends=nft log=default timeout=600
. tests/lib.sh

# read_log: all that comes, to /tmp/log, and "gap" where something is missing. It
# comes back each 30 ms, whoever else wants the processor; a ring is full after 20 ms
# of nothing but printing.
read_log() {
	# shellcheck disable=SC2016 # the variables are Perl's
	chrt -f 20 perl -MFcntl -MErrno=EAGAIN -e '
		my ($lines, $last) = "";
		sysopen my $kmsg, "/dev/kmsg", O_RDONLY | O_NONBLOCK or die;
		sysseek $kmsg, 0, 2;
		open my $log, ">", "/tmp/log" or die;
		while (1) {
			if (sysread $kmsg, my $line, 8192) {
				$line =~ s/^\d+,(\d+),[^;]*;//;
				$lines .= "gap\n" if defined $last && $1 != $last + 1;
				$last = $1;
				$lines .= $line;
			} elsif ($! == EAGAIN) {
				syswrite $log, $lines;
				$lines = "";
				vec(my $wanted = "", fileno $kmsg, 1) = 1;
				select $wanted, undef, undef, undef;
				select undef, undef, undef, 0.03;
			} else {
				$lines .= "gap\n";
			}
		}' & reader=$!
	wait_for 5 test -e /tmp/log
}

# stop_reading_log: and check what init will not find in the ring any more
stop_reading_log() {
	kill "$reader"
	is "$(grep -c ^gap /tmp/log)" 0 "no line was missed"
	is "$(/tests/vm/guest/open-ends < /tmp/log)" "" \
		"the log breaks no promise, and all has ended"
	is "$(grep -E "$bad_words" /tmp/log)" "" "it has nothing bad"
	dmesg -C
	echo "<6>tests begin" > /dev/kmsg
	rm /tmp/log
}

told() { grep -c "^xt_DNETMAP: $1" /tmp/log; }
said() { grep -q "^xt_DNETMAP: $1" /tmp/log; }

for count in 10000 30000; do
	test_case "$count bindings that begin, and end within a second"
	dmesg -n 4
	read_log
	inner_hosts gw
	nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/16 --ttl 20
	before=$(uptime)
	talk gw flood 100.64.0.0 $count 203.0.113.1
	within 10 $count "each begin is told" told "add binding"
	now=$(uptime)
	pass_time "$(awk "BEGIN { print 20.5 - ($now - $before) }")"
	within 10 $count "each end is told" told "timeout binding"
	nat -F OUTPUT
	wait_for 5 said "prefix .* removed"
	is "$(told ".* events lost")" 0 "and nothing was lost"
	stop_reading_log
done

test_case "a burst that may take a second takes its time"
dmesg -n 4
read_log
inner_hosts gw
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/16
chrt -f 10 talk gw flood 100.64.0.0 6000 203.0.113.1
before=$(uptime)
within 2 6000 "each is told" told "add binding"
dmesg | sed -nE 's/^\[ *([0-9.]+)\] xt_DNETMAP: add .*/\1/p' > /tmp/times
in_range "$(tail -n 1 /tmp/times)" "$before + 0.3" "$before + 1" \
	"the last within the second, and not sooner than it has to"
nat -F OUTPUT
wait_for 5 said "prefix .* removed"
stop_reading_log

# All namespaces share what a reader keeps up with.
test_case "eight namespaces at once"
dmesg -n 4
read_log
all=(gw other{1..7})
for ns in "${all[@]:1}"; do ip netns add "$ns"; done
for ns in "${all[@]}"; do
	inner_hosts $ns
	in_ns $ns "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/15
done
for ns in "${all[@]}"; do
	chrt -f 10 talk $ns flood 100.64.0.0 7500 203.0.113.1
done
within 10 60000 "all of each is told" told "add binding"
for ns in "${all[@]}"; do flush_nat $ns; done
wait_for 5 eval '[ "$(told "prefix .* removed")" = 8 ]'
stop_reading_log

# flood_and_remove_module COUNT
flood_and_remove_module() {
	inner_hosts gw
	nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/15
	(
		chrt -f -p 10 "$BASHPID"
		talk gw flood 100.64.0.0 "$1" 203.0.113.1
		nat -F OUTPUT
		wait_for 2 sees "" files
		chrt -o 0 rmmod xt_DNETMAP
	)
}

# It waits as long as a line may take.
test_case "the module goes while events wait"
dmesg -n 4
read_log
flood_and_remove_module 8000
wait_for 5 said "prefix .* removed"
is "$(told "add binding")" 8000 "all are told"
is "$(told ".* events lost")" 0 "and nothing is lost"
module
stop_reading_log

test_case "the module goes while more wait than it waits for"
dmesg -n 4
read_log
events_may_be_lost
flood_and_remove_module 80000
wait_for 5 said ".* events lost"
in_range "$(told "add binding")" 5000 79000 "some are still told"
is "$(($(told "add binding") + $(sed -n 's/.*: \([0-9]*\) events lost.*/\1/p' /tmp/log)))" \
	80001 "and how many are not, the end of the prefix among them"
is "$(tail -n 1 /tmp/log | grep -c 'events lost')" 1 "in the last line"
module
stop_reading_log
