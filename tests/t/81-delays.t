# shellcheck shell=bash
# Nothing that is done to all bindings at once keeps others waiting. Time counts
# instructions here, so this is exact; tests/bench/goals has what is allowed.
# lanes: amd64
# vm: debug=no mem=1024 backends=legacy timeout=1200
. tests/lib.sh
. tests/bench/guest

jobs "delays 65536" > /run/figures
diag "$(cat /run/figures)"
tests/bench/report --goals /run/figures > /run/goals
while IFS=$'\t' read -r name size seen _ limit; do
	in_range "$seen" -100000 "$limit" "$name, $size bindings"
done < /run/goals
is "$(wc -l < /run/goals)" 5 "goals that were measured"
