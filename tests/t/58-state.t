#!/bin/bash
# A file of save: it is replaced whole or not at all, whatever fails. A restore leaves
# nothing that it has not finished.
# vm: backends=nft
. tests/lib.sh

# save WORD...: what the command says, and its status
save() { gw dnetmap save "$@" 2>&1 || echo "status $?"; }

# state: the good one in the folder, by its words, and what else is there
state() { cat /tmp/saved/state; ls -A /tmp/saved; }

# saved_folder OPTIONS: one with a good state, on a disk of its own
saved_folder() {
	mkdir -p /tmp/saved
	mount -t tmpfs -o "$1" tmpfs /tmp/saved
	nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/24
	gw dnetmap add 192.168.0.9 20.0.0.9 static
	gw dnetmap save /tmp/saved/state
	before=$(state)
}

# more_than_a_page: of a state, from now on
more_than_a_page() { talk lan flood 192.168.0.10 200 $WAN; }

test_case "a new file"
saved_folder size=1M
is "$(grep -v '^# [bt]' /tmp/saved/state)" "# dnetmap save 1
prefix new 20.0.0.0/24
add 192.168.0.9 20.0.0.9 static in 20.0.0.0/24" "has it all"
is "$(stat -c %a /tmp/saved/state)" 600 "and is its owner's alone"
is "$(ls -A /tmp/saved)" state "nothing else is there"
is "$(save /tmp/saved/state more)" "dnetmap: save: more: expected one file
status 2" "two files"
umount /tmp/saved

test_case "in the place of an old one"
saved_folder size=1M
chmod 640 /tmp/saved/state
ln -s state /tmp/saved/link
old=$(tail -n 1 /tmp/saved/state)
exec 5< /tmp/saved/state
gw dnetmap del 192.168.0.9
is "$(save /tmp/saved/link)" "" "by a symbolic link"
is "$(tail -n 1 <&5)" "$old" "who reads the old one still reads it"
exec 5<&-
is "$(tail -n 1 /tmp/saved/state)" "prefix new 20.0.0.0/24" "the new one is there"
is "$(stat -c %a /tmp/saved/state) $(readlink /tmp/saved/link)" "640 state" \
	"with its mode, and the link"
umount /tmp/saved

test_case "what is no file"
saved_folder size=1M
mkfifo /tmp/saved/pipe
is "$(save /tmp/saved/pipe)" "dnetmap: /tmp/saved/pipe: expected a regular file
status 1" "a pipe"
is "$(save /tmp/saved)" "dnetmap: /tmp/saved: expected a regular file
status 1" "a folder"
is "$(save /dev/null)" "dnetmap: /dev/null: expected a regular file
status 1" "a device"
ok "which stays one" test -c /dev/null
is "$(save /tmp/nowhere/state)" "dnetmap: /tmp/nowhere/state: No such file or directory
status 1" "a folder that is not there"
umount /tmp/saved

test_case "a full disk"
saved_folder size=8k
more_than_a_page
is "$(save /tmp/saved/state)" "dnetmap: /tmp/saved/state: No space left on device
status 1" "is told"
is "$(state)" "$before" "and the old file stays"
umount /tmp/saved

test_case "an interruption"
saved_folder size=1M
more_than_a_page
# At the first byte behind a kilobyte.
like "$(ulimit -f 1; save /tmp/saved/state)" "status 153$" "in the middle"
is "$(state)" "$before" "the old file stays, alone"
is "$(trap '' XFSZ; ulimit -f 1; save /tmp/saved/state)" \
	"dnetmap: /tmp/saved/state: File too large
status 1" "one that is ignored is told"
is "$(state)" "$before" "the old file stays"
umount /tmp/saved

test_case "a reader who has gone"
saved_folder size=1M
mkfifo /tmp/saved/pipe
exec 5<> /tmp/saved/pipe 6> /tmp/saved/pipe 5<&-
is "$(gw dnetmap save 2>&1 >&6 || echo "status $?")" "status 141" \
	"ends it without a word"
exec 6>&-
umount /tmp/saved

test_case "own prefixes"
hosts_have_scopes
# own_rules: what the prefixes of the uplinks are named by
own_rules() {
	nat -A POSTROUTING -d 198.51.100.2 -j DNETMAP --prefix 20.0.0.0/26 --own
	nat -A POSTROUTING -d 198.51.100.3 -j DNETMAP --prefix 30.0.0.0/26 --own
}
# table: pairs with their prefix and scope
table() { gw dnetmap -H list | awk '{ print $1, $2, $5, $6 }'; }
own_rules
flow 192.168.0.10 198.51.100.2 > /dev/null
flow 192.168.0.11 198.51.100.3 > /dev/null
gw dnetmap save > /tmp/apart
before=$(table)
is "$(grep -E '^(prefix|# own)' /tmp/apart)" "prefix new 20.0.0.0/26
# own 20.0.0.0/26
prefix new 30.0.0.0/26
# own 30.0.0.0/26" "are saved as such"
nat -F POSTROUTING
within 2 "" "all is gone" table
ok "restored without rules" gw dnetmap restore /tmp/apart
is "$(table)" "${before//own/-}" "its bindings are of the shared scope"
own_rules
is "$(table)" "$before" "with the rules, they are of that of their prefixes"
is "$(flow 192.168.0.10 198.51.100.2) $(flow 192.168.0.11 198.51.100.3)" \
	"20.0.0.0 30.0.0.0" "and serve"
flow 192.168.0.10 198.51.100.3 > /dev/null
gw dnetmap save > /tmp/both
before=$(table)
nat -F POSTROUTING
for prefix in 20.0.0.0/26 30.0.0.0/26; do gw dnetmap prefix del $prefix; done
is "$(gw dnetmap restore /tmp/both 2>&1)" "dnetmap: /tmp/both, line 10: 192.168.0.10 -> 30.0.0.1: in the way is 192.168.0.10 -> 20.0.0.0 of line 8, until a rule with --own names 30.0.0.0/26" \
	"two of a host, without rules"
is "$(table)" "" "nothing is changed"
own_rules
ok "with rules" gw dnetmap restore /tmp/both
is "$(table)" "$before" "it is as it was"

# static FILE COUNT: a state of so many bindings, with a prefix of their own
static() {
	mawk -v count="$2" 'BEGIN {
		print "# dnetmap save 1\nprefix new 30.0.0.0/16"
		for (i = 0; i < count; i++) {
			rest = int(i / 256) "." i % 256
			print "add 10.9." rest " 30.0." rest " static in 30.0.0.0/16"
		}
	}' > "$1"
}

# interrupted SIGNAL WORD...: with the signal waiting from the beginning, so that it is
# seen in the middle; what the command says, and its status
interrupted() {
	# shellcheck disable=SC2016 # the variables are Perl's
	gw perl -MPOSIX -e '
		my $number = eval "POSIX::SIG" . shift;
		sigprocmask(SIG_BLOCK, POSIX::SigSet->new($number));
		kill $number, $$;
		exec @ARGV
	' "$1" dnetmap "${@:2}" 2>&1
	echo "status $?"
}

test_case "a restore that is interrupted"
static /tmp/state 600
for signal in HUP:129 INT:130 TERM:143; do
	is "$(interrupted ${signal%:*} restore /tmp/state)" "dnetmap: /tmp/state: interrupted
status ${signal#*:}" "by $signal, says so"
	is "$(gw dnetmap -H) $(gw dnetmap -H list)" " " "by $signal, nothing is left"
done
gw dnetmap prefix new 30.0.0.0/16
gw dnetmap add 10.9.0.1 30.0.0.1 ttl 100
interrupted TERM restore /tmp/state > /dev/null
is "$(gw dnetmap -H list | awk '{ print $1, $2 }')" "10.9.0.1 30.0.0.1" \
	"but what was there before"
is "$(trap '' TERM; interrupted TERM restore /tmp/state)" "status 0" \
	"one that is ignored does not"
is "$(gw dnetmap -H list state static | wc -l)" 600 "all is there"
gw dnetmap prefix del 30.0.0.0/16

test_case "without the module"
saved_folder size=1M
nat -F POSTROUTING
wait_for 10 remove_module
is "$(save /tmp/saved/state)" \
	"dnetmap: the module is not loaded: modprobe xt_DNETMAP, or see dnetmap check
status 1" "is told"
is "$(state)" "$before" "and the old file stays"
umount /tmp/saved
module
