# shellcheck shell=bash
# Who may write commands: by a file that was opened by a holder of CAP_NET_ADMIN
# over the namespace.
. tests/lib.sh

FILE=/proc/net/xt_DNETMAP/20.0.0.0_26
export FILE

pool() {
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
	tell 20.0.0.0_26 +192.168.0.1:20.0.0.40 > /dev/null
}

table() { bindings 20.0.0.0_26; }

# flush_as WORD...: a flush by a process that these start
flush_as() { gw "$@" bash -c 'echo flush > "$FILE"' 2>&1; }

# owned_netns NAME: a namespace that another user's user namespace owns, whose
# ids are ours from 100000 on
owned_netns() {
	unshare --user --net sleep infinity &
	owner=$!
	wait_for 2 other_netns $owner
	echo 0 100000 65536 > /proc/$owner/uid_map
	echo 0 100000 65536 > /proc/$owner/gid_map
	ip netns attach "$1" $owner
}

other_netns() { [ ! "/proc/$1/ns/net" -ef /proc/self/ns/net ]; }

# owned COMMAND...: as root of that user namespace, in the one that it owns
owned() {
	XTABLES_LOCKFILE=/tmp/owned.lock \
		nsenter -t "$owner" -U -n -S 0 -G 0 "$@" 2>&1
}

end_owner() {
	silent_end "$1"
	kill "$owner"
	wait "$owner" 2> /dev/null
	ip netns delete "$1"
}

test_case "root without CAP_NET_ADMIN"
pool
like "$(flush_as setpriv --bounding-set -net_admin)" "not permitted$" "EPERM"
isnt "$(table)" "" "nothing has changed"
is "$(flush_as setpriv --bounding-set -sys_admin,-net_raw)" "" \
	"no other capability is needed"
is "$(table)" "" "flushed"

test_case "other users"
module proc_perms=0666
pool
like "$(flush_as setpriv --reuid 1000 --regid 1000 --clear-groups)" \
	"not permitted$" "whom the file's mode lets open it: EPERM"
isnt "$(table)" "" "nothing has changed"
is "$(flush_as setpriv --reuid 1000 --regid 1000 --clear-groups \
	--inh-caps +net_admin --ambient-caps +net_admin)" "" \
	"with the capability: taken"
is "$(table)" "" "flushed"

test_case "it is who opens the file that counts, not who writes"
module proc_perms=0666
pool
like "$(gw perl -e '$> = 1000; open F, ">", $ENV{FILE} or die; $> = 0;
	syswrite F, "flush" or die "$!\n"' 2>&1)" "not permitted$" \
	"opened by a user, written by root: EPERM"
isnt "$(table)" "" "nothing has changed"
is "$(gw perl -e 'open F, ">", $ENV{FILE} or die; $> = 1000;
	syswrite F, "flush" or die "$!\n"' 2>&1)" "" \
	"opened by root, written by a user: taken"
is "$(table)" "" "flushed"

test_case "a user namespace that owns the network namespace: there, only there"
pool
like "$(flush_as unshare --user --map-root-user)" "not permitted$" \
	"root of one that does not own it: EPERM"
isnt "$(table)" "" "nothing has changed"
owned_netns theirs
owned "iptables-$BACKEND" -t nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(owned bash -c 'echo +192.168.0.7:20.0.0.7 > "$FILE"; cat "$FILE"')" \
	"192.168.0.7 -> 20.0.0.7 --- ttl: S lasthit: S" \
	"root of one that does: taken"
like "$(owned setpriv --bounding-set -net_admin bash -c 'echo flush > "$FILE"')" \
	"not permitted$" "without the capability: EPERM"
isnt "$(table)" "" "ours has not changed"
gw sleep infinity &
ours=$!
wait_for 2 other_netns $ours
like "$(owned bash -c "echo flush > /proc/$ours/net/xt_DNETMAP/20.0.0.0_26")" \
	"denied|not permitted|No such file" "and not in ours"
isnt "$(table)" "" "which has not changed"
kill $ours
end_owner theirs

test_case "ids in /proc are those of the user namespace that owns the namespace"
module proc_perms=0640 proc_uid=12 proc_gid=34
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(gw stat -c '%a %u %g' $FILE ${FILE}_stat)" $'640 12 34\n640 12 34' \
	"of the initial one"
owned_netns theirs
owned "iptables-$BACKEND" -t nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/26
is "$(owned stat -c '%a %u %g' $FILE ${FILE}_stat)" $'640 12 34\n640 12 34' \
	"of another, seen from inside"
is "$(in_ns theirs stat -c '%u %g' $FILE)" "100012 100034" "from outside"
end_owner theirs
