# shellcheck shell=bash
# What a new flow, a binding and a rule cost does not grow. Time counts
# instructions here, so this is exact, to five of them or so; tests/bench/goals
# has what is allowed.
# lanes: amd64
# vm: debug=no mem=2048 backends=legacy timeout=1200
. tests/lib.sh
. tests/bench/guest

jobs memory rule refused taking "sizes 256" "sizes 65536" \
	"recorded 65536" > /run/figures
tests/bench/report /run/figures
tests/bench/report --goals /run/figures > /run/goals
while IFS=$'\t' read -r name size seen _ limit; do
	in_range "$seen" -100000 "$limit" "$name, $size bindings"
done < /run/goals
is "$(wc -l < /run/goals)" 18 "goals that were measured"
