# shellcheck shell=bash
# The kernel's own command for netlink families, tools/net/ynl/cli.py, knows ours by its
# description alone.
# vm: backends=nft ynl=yes
. tests/lib.sh

HOST=192.168.0.10
export PYTHONDONTWRITEBYTECODE=1

# ynl WORD...
ynl() {
	gw python3 /tests/ynl/cli.py --spec /tests/dnetmap.yaml --no-schema \
		--output-json "$@" 2>&1
}

# number ADDRESS: as the command wants it
number() {
	local a b c d
	IFS=. read -r a b c d <<< "$1"
	echo $(((a << 24) + (b << 16) + (c << 8) + d))
}

# fields NAME...: of each object, in a line
fields() {
	python3 -c '
import json, sys
said = json.load(sys.stdin)
for one in said if isinstance(said, list) else [said]:
    one = one.get("msg", one)
    print(*[one.get(name, "-") for name in sys.argv[1:]])' "$@"
}

pair() { printf '{"prenat": %d, "postnat": %d%s}' "$(number "$1")" "$(number "$2")" "${3:-}"; }

test_case "requests"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/30
flow $HOST > /dev/null
ynl --do binding-new --json "{\"binding\": [$(pair 192.168.0.11 20.0.0.2 ', "state": "static"'),
	$(pair 192.168.0.12 20.0.0.3 ', "ttl": 60000')]}" > /tmp/reply
is "$(ynl --dump binding-get --json '{}' | fields prenat postnat prefix prefix-len state scope)" \
	"$HOST 20.0.0.0 20.0.0.0 30 active shared
192.168.0.11 20.0.0.2 20.0.0.0 30 static shared
192.168.0.12 20.0.0.3 20.0.0.0 30 active shared" "a dump has what was asked for"
is "$(ynl --do binding-get --json "{\"postnat\": $(number 20.0.0.2)}" | fields prenat state)" \
	"192.168.0.11 static" "one binding"
is "$(ynl --dump prefix-get --json '{}' | fields prefix prefix-len active static usable added rules)" \
	"20.0.0.0 30 3 1 4 3 1" "a prefix with its counters"
ynl --do binding-del --json "{\"prenat\": $(number 192.168.0.12)}" > /dev/null
is "$(ynl --dump event-get --json '{}' | fields seq kind prenat postnat reason)" \
	"1 prefix-new - - -
2 add $HOST 20.0.0.0 -
3 add 192.168.0.11 20.0.0.2 -
4 add 192.168.0.12 20.0.0.3 -
5 end 192.168.0.12 20.0.0.3 deleted" "the events"
like "$(ynl --do binding-del --json "{\"prenat\": $(number 192.168.0.12)}")" \
	"No such file.*no such binding" "a refusal says why"

test_case "notifications"
nat -A POSTROUTING -j DNETMAP --prefix 20.0.0.0/30
# The prefix's own event is on its way to those who listen already.
pass_time 1
gw python3 /tests/ynl/cli.py --spec /tests/dnetmap.yaml --no-schema --output-json \
	--subscribe events --sleep 30 > /tmp/heard 2>&1 &
wait_for 10 gw awk '$2 == 16 && $4 > "00008000" { found = 1 } END { exit !found }' \
	/proc/net/netlink
# With any request, the kernel finds out that somebody listens.
gw dnetmap > /dev/null
flow $HOST > /dev/null
wait $!
is "$(fields kind prenat postnat state < /tmp/heard)" \
	"add $HOST 20.0.0.0 active" "are understood"
