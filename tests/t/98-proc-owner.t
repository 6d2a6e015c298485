# shellcheck shell=bash
# proc_perms, proc_uid, proc_gid: mode and owner of the files in /proc. What
# they are in a user namespace is in 93-writers.t.
# share: um
. tests/lib.sh

DIR=/proc/net/xt_DNETMAP

pool() { nat -A POSTROUTING -j DNETMAP --prefix "$1"; }

# owners: name, mode, owner and group of each file
owners() { gw find $DIR -type f -printf '%f %m %U %G\n' | sort; }

# as_user COMMAND...: as user 12 of group 34
as_user() { gw setpriv --reuid 12 --regid 34 --clear-groups "$@" 2>&1; }

# warned: what the log says of parameters
warned() { klog | grep "using the default"; }

test_case "by default root's, and all may read"
is "$(for p in perms uid gid; do parameter proc_$p; done | xargs)" "0644 0 0" \
	"the parameters"
pool 20.0.0.0/26
is "$(owners)" "20.0.0.0_26 644 0 0
20.0.0.0_26_stat 644 0 0" "both files"
is "$(as_user cat $DIR/20.0.0.0_26_stat)" "0 64 0" "a user reads"
like "$(as_user bash -c "echo flush > $DIR/20.0.0.0_26")" "Permission denied$" \
	"and may not write"

test_case "as the parameters say"
module proc_perms=0640 proc_uid=12 proc_gid=99
pool 20.0.0.0/26
pool 30.0.0.0/8
is "$(owners)" "20.0.0.0_26 640 12 99
20.0.0.0_26_stat 640 12 99
30.0.0.0_8 640 12 99
30.0.0.0_8_stat 640 12 99" "both files of each prefix"
is "$(as_user cat $DIR/20.0.0.0_26_stat)" "0 64 0" "the owner reads"
like "$(gw setpriv --reuid 13 --regid 34 --clear-groups \
	cat $DIR/20.0.0.0_26 2>&1)" "Permission denied$" "another does not"

test_case "the group"
module proc_perms=0040 proc_gid=34
pool 20.0.0.0/26
is "$(as_user cat $DIR/20.0.0.0_26_stat)" "0 64 0" "reads"

test_case "the extremes: all"
module proc_perms=0777
pool 20.0.0.0/26
is "$(owners)" "20.0.0.0_26 777 0 0
20.0.0.0_26_stat 777 0 0" "both files"

# To procfs itself, no permission at all is 0444.
test_case "the extremes: none"
module proc_perms=0 proc_uid=12 proc_gid=34
is "$(parameter proc_perms)" 0 "the parameter"
pool 20.0.0.0/26
for file in 20.0.0.0_26 20.0.0.0_26_stat; do
	like "$(as_user cat $DIR/$file)" "Permission denied$" \
		"$file: not even its owner reads"
done
is "$(bindings 20.0.0.0_26_stat)" "0 64 0" "root reads in any case"
takes 20.0.0.0_26 flush

test_case "at load, a number out of range costs a warning, and the default is used"
module proc_perms=01000 whole_prefix=2 proc_uid=-1 proc_gid=wheel
is "$(lsmod | grep -c '^xt_DNETMAP ')" 1 "the module is loaded"
is "$(for p in proc_perms whole_prefix proc_uid proc_gid; do
	parameter $p
done | xargs)" "0644 1 0 0" "with the defaults"
is "$(warned | sed 's/: .*//')" "proc_perms=01000
whole_prefix=2
proc_uid=-1
proc_gid=wheel" "one warning for each"
module proc_perms=-1 whole_prefix= proc_uid=4294967295 proc_gid=1.5
is "$(for p in proc_perms whole_prefix proc_uid proc_gid; do
	parameter $p
done | xargs)" "0644 1 0 0" "and with these"

test_case "load time only"
for p in proc_perms=0600 proc_uid=1 proc_gid=1 whole_prefix=0; do
	refused "Permission denied|Invalid argument|Input/output error" \
		bash -c "echo ${p#*=} > /sys/module/xt_DNETMAP/parameters/${p%=*}"
done
