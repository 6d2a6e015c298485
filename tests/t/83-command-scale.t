# shellcheck shell=bash
# What the command costs with many bindings. Time counts instructions here.
# lanes: amd64
# vm: debug=no mem=2048 backends=nft timeout=1800
. tests/lib.sh

dnetmap() { gw dnetmap "$@"; }

# hundredths COMMAND...: how many of a second it takes
hundredths() {
	local from to
	from=$(uptime)
	"$@" > /dev/null || echo failed
	to=$(uptime)
	echo $((10#${to/./} - 10#${from/./}))
}

# state COUNT: what save writes of so many static bindings
state() {
	mawk -v count="$1" -v now="$(date +%s)" 'BEGIN {
		print "# dnetmap save 1\n# boot unknown\n# time " now ".000"
		print "prefix new 20.0.0.0/12"
		for (i = 0; i < count; i++) {
			rest = int(i / 65536) "." int(i / 256) % 256 "." i % 256
			print "add 10." rest " 20." rest " static in 20.0.0.0/12"
		}
	}'
}

# quiet: no line for each binding; writing them would take longer than all else
quiet() { module disable_log=1; }

test_case "65,536 bindings"
quiet
state 65536 > /tmp/state
in_range "$(hundredths dnetmap restore /tmp/state)" 1 199 "are restored within 2 seconds"
is "$(dnetmap -j list | wc -l)" 65536 "all of them"
in_range "$(hundredths dnetmap save /tmp/saved)" 1 199 "and saved"
is "$(grep -c ^add /tmp/saved)" 65536 "all of them"

dnetmap prefix del 20.0.0.0/12

test_case "1,048,576 bindings"
quiet
state 1048576 > /tmp/state
ok "are restored" dnetmap restore /tmp/state
is "$(ulimit -v 10240 && dnetmap -j list | wc -l)" 1048576 "are listed in 10 MB of memory"
in_range "$(hundredths dnetmap -j stats)" 0 2 "their counters take some milliseconds"
rm /tmp/state /tmp/saved
# Under emulation, the kernel does not wait for the end of so many.
wait_for 120 dnetmap -x prefix del 20.0.0.0/12
