# shellcheck shell=bash
# vm: cpus=4 log=long
# Eight writers at once, under traffic, all at the same few addresses. The log
# of it all is checked when the test ends: for each pair, add and its end
# alternate.
. tests/lib.sh

# write_commands FILE COUNT: well-formed ones, by chance
write_commands() {
	gw perl -e '
		my ($file, $count) = @ARGV;
		open my $f, ">", $file or die "$file: $!\n";
		srand $$;
		for (1 .. $count) {
			my $host = "192.168.0." . int rand 8;
			my $addr = "20.0.0." . int rand 8;
			my $word = ("+$host:$addr", "+$host:$addr", "-$host",
				"-$addr", "+persistent", "-persistent",
				"flush")[rand 7];
			my $taken = syswrite $f, $word;
			next if $taken == length $word || $!{ENOENT};
			die "$word: ", $taken // $!, "\n";
		}
	' "/proc/net/xt_DNETMAP/$1" "$2" >> /tmp/wrong 2>&1
}

# traffic: until the writers are done
traffic() {
	while [ -e /tmp/writing ]; do
		talk lan flood 192.168.0.0 16 "$WAN"
		talk wan flood "$WAN" 1 20.0.0.1
	done
}

# twice: what has two bindings
twice() {
	bindings 20.0.0.0_26 | awk '{ print $1; print $3 }' | sort | uniq -d
}

active() { bindings 20.0.0.0_26 | grep -vc 'ttl: -'; }

test_case "8 writers at once under traffic"
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26 --ttl 1
nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/29
nat -A PREROUTING -i wan -j DNETMAP --ttl -1
: > /tmp/wrong
: > /tmp/writing
traffic &
busy=$!
writers=()
for file in 20.0.0.0_26 20.0.0.0_29; do
	for _ in {1..4}; do
		write_commands $file 200 &
		writers+=($!)
	done
done
wait "${writers[@]}"
rm /tmp/writing
wait $busy
is "$(cat /tmp/wrong)" "" "each command is taken, or finds nothing to remove"
pass_time 4
is "$(twice)" "" "no address has two bindings"
is "$(bindings 20.0.0.0_26_stat | cut -d ' ' -f 1)" "$(active)" \
	"_stat counts what is listed"
takes 20.0.0.0_26 flush +192.168.0.1:20.0.0.1
is "$(bindings 20.0.0.0_26)" "192.168.0.1 -> 20.0.0.1 --- ttl: S lasthit: S" \
	"commands work as before"
is "$(inbound 20.0.0.1)" 192.168.0.1 "and bindings too"
is "$(flow 192.168.0.2)" 20.0.0.0 "and addresses are given"
takes 20.0.0.0_26 -persistent
takes 20.0.0.0_29 -persistent

# try_commands FILE: as soon as there is such a file, as long as there is a
# folder
try_commands() {
	gw perl -e '
		chdir "/proc/net/xt_DNETMAP" or die "$!\n";
		while (-e "/tmp/writing") {
			open my $f, ">", $ARGV[0] or next;
			syswrite $f, $_ for "+192.168.0.1:20.0.0.1",
				"+192.168.0.1:20.0.0.2", "-192.168.0.1", "flush";
			select undef, undef, undef, 0.002;
		}
	' "$1"
}

test_case "writers of a prefix that comes and goes"
nat -A PREROUTING -j DNETMAP --prefix 30.0.0.0/26
: > /tmp/writing
writers=()
for _ in {1..4}; do
	try_commands 20.0.0.0_26 & writers+=($!)
done
for _ in {1..40}; do
	nat -A PREROUTING -j DNETMAP --prefix 20.0.0.0/26
	nat -D PREROUTING 2
done
rm /tmp/writing
wait "${writers[@]}"
flush_nat gw
wait_for 5 nothing_to_log
in_range "$(klog | grep -c "^add")" 1 100000 "commands were taken"
in_range "$(klog | grep -c "^prefix 20.0.0.0/26 removed")" 10 40 \
	"as long as it was there"
is "$(open_ends)" "" "and no longer"
