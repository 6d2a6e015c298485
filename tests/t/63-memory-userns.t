#!/bin/bash
# What whoever makes a user namespace of his own can make the kernel keep, in bytes:
# it is charged to him, or bounded, however he scatters the addresses.
# vm: backends=nft memcg=yes debug=no timeout=600
. tests/lib.sh

# slabs: bytes that the module has in slabs of its own
slabs() {
	awk -v page="$(getconf PAGESIZE)" '
		/^dnetmap_/ { bytes += $15 * $6 * page }
		END { print bytes + 0 }' /proc/slabinfo
}

# charged: what of the kernel's memory is on the group's account
charged() { awk '/^slab / { print $2 }' "$group/memory.stat"; }

# scatter PREFIX COUNT: write as many static bindings, one in each /24; print how
# many were taken, and the first error
scatter() {
	# shellcheck disable=SC2016 # the variables are Perl's
	perl -e '
		my ($first, $count, $taken, $error) = (@ARGV, 0, "");
		open my $file, ">", "/proc/net/xt_DNETMAP/${first}_8" or die "$!\n";
		$first =~ s/\..*//;
		for my $n (0 .. $count - 1) {
			my $tail = join ".", $n >> 8, $n & 255, 0;
			if (syswrite $file, "+10.$tail:$first.$tail") {
				$taken++;
			} else {
				$error ||= $!;
			}
		}
		print "$taken $error\n"
	' "$@"
}

group=/sys/fs/cgroup/tenant
mkdir -p /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
mkdir $group

# Of his 65,536 bindings each costs 64 bytes, and here, a node of 2 KB, too.
test_case "one static binding in each /24 of a /8"
sysctl -qw net.netfilter.nf_log_all_netns=0
new_tenant
tenant "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/8
before=$(slabs) charged_before=$(charged)
seen=$(
	echo "$BASHPID" > $group/cgroup.procs
	tenant bash -c "$(declare -f scatter); scatter 20.0.0.0 65536"
)
pass_time 5
grown=$(($(slabs) - before))
diag "$grown bytes of slabs for $seen"
in_range "$grown" "8 * 1048576 * 0.9" "8 * 1048576 * 1.1" \
	"takes 8 MB, and no more"
like "$seen" "^3[89][0-9]{2} No space left on device$" "and is refused then"
in_range $(($(charged) - charged_before)) "$grown * 0.95" "$grown * 1.5" \
	"all of it on his account"
is "$(in_ns tenant cat /proc/net/xt_DNETMAP/20.0.0.0_8 | wc -l)" \
	"${seen%% *}" "what was taken is there"
is "$(tenant bash -c 'echo -10.0.7.0 > /proc/net/xt_DNETMAP/20.0.0.0_8 &&
	echo +10.99.0.0:20.15.255.0 > /proc/net/xt_DNETMAP/20.0.0.0_8' 2>&1)" "" \
	"what has ended makes room"
talk tenant flood 100.64.0.0 300 203.0.113.1
is "$(in_ns tenant cat /proc/net/xt_DNETMAP/20.0.0.0_8 | grep -c '^100')" 300 \
	"and where there are nodes, there is room for others"

# The lowest address of each prefix, one prefix after the other.
test_case "one dynamic binding in each /24"
new_tenant
tenant "iptables-$BACKEND" -t nat -N POOLS
tenant "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP
# No more at once than an unprivileged socket takes.
for n in {0..17}; do
	echo '*nat'
	eval "printf -- '-A POOLS -j DNETMAP --prefix %s\n' 20.$n.{0..255}.0"
	echo COMMIT
done | tenant "iptables-$BACKEND-restore" --noflush
tenant "iptables-$BACKEND" -t nat -I OUTPUT -s 100.70.0.0/16 \
	-j DNETMAP --prefix 21.0.0.0/24
before=$(slabs)
talk tenant flood 100.64.0.0 4500 203.0.113.1
grown=$(($(slabs) - before))
served=$(in_ns tenant bash -c \
	'cd /proc/net/xt_DNETMAP && ls -A | grep -v stat | xargs cat' | wc -l)
in_range "$grown" "8 * 1048576 * 0.9" "8 * 1048576 * 1.1" \
	"takes 8 MB, and no more"
in_range "$served" 3800 4000 "so many hosts are served"
talk tenant flood 100.65.0.0 100 203.0.113.1
talk tenant flood 100.70.0.0 100 203.0.113.1
is "$(in_ns tenant bash -c 'cat /proc/net/xt_DNETMAP/*' |
	grep -cE '^100[.](65|70)')" 0 "others are refused"
pass_time 601
talk tenant flood 100.70.0.0 100 203.0.113.1
is "$(in_ns tenant grep -c '^100.70' /proc/net/xt_DNETMAP/21.0.0.0_24)" 100 \
	"and served once these have expired"
in_range $(($(slabs) - before)) 0 "8 * 1048576 * 1.1" "in as many bytes"

test_case "a prefix that could not give at the bound"
new_tenant
tenant "iptables-$BACKEND" -t nat -N POOLS
tenant "iptables-$BACKEND" -t nat -A POOLS -j DNETMAP --prefix 30.0.0.0/24
tenant "iptables-$BACKEND" -t nat -A POOLS -j DNETMAP --prefix 20.0.0.0/8
tenant "iptables-$BACKEND" -t nat -A OUTPUT -j DNETMAP
like "$(tenant bash -c "$(declare -f scatter); scatter 20.0.0.0 6000")" \
	"No space left on device$" "another has taken all"
talk tenant flood 100.64.0.0 10 203.0.113.1
is "$(in_ns tenant cat /proc/net/xt_DNETMAP/30.0.0.0_24)" "" "hosts are refused"
tenant "iptables-$BACKEND" -t nat -D POOLS 2
within 5 $'30.0.0.0_24\n30.0.0.0_24_stat' "that goes" \
	in_ns tenant ls /proc/net/xt_DNETMAP
talk tenant flood 100.64.0.0 10 203.0.113.1
is "$(in_ns tenant cat /proc/net/xt_DNETMAP/30.0.0.0_24 | wc -l)" 10 "it gives again"

test_case "the machine's own root"
nat -A OUTPUT -j DNETMAP --prefix 20.0.0.0/8
is "$(gw bash -c "$(declare -f scatter); scatter 20.0.0.0 6000")" "6000 " \
	"scatters as he likes"
