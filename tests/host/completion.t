#!/bin/bash
# What the completion of bash offers, with a stub in place of the command.
set -euo pipefail

top=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

# stub: the command from here on; what it was asked comes to $work/asked
stub() {
	{
		echo '#!/bin/bash'
		echo "echo \"\$*\" >> $work/asked"
		cat
	} > "$work/dnetmap"
	chmod +x "$work/dnetmap"
}

# offers LINE EXPECTED [ASKED]: these words at the end of the line, and what the
# command was asked for them
offers() {
	local seen asked
	: > "$work/asked"
	seen=$(complete_line "$1")
	asked=$(paste -sd ';' "$work/asked")
	count=$((count + 1))
	if [ "$seen" = "$2" ] && [ "$asked" = "${3-}" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '# expected: %s, and asked: %s\n# seen:     %s, and asked: %s\n' \
			"$2" "${3-}" "$seen" "$asked"
	fi
}

# complete_line LINE: as bash would, on a TAB at its end
complete_line() {
	local COMP_WORDS COMP_CWORD COMPREPLY=()
	read -ra COMP_WORDS <<< "$1"
	if [[ $1 = *" " ]]; then COMP_WORDS+=(""); fi
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_dnetmap
	echo "${COMPREPLY[*]}"
}

PATH=$work:$PATH
# shellcheck source=userspace/dnetmap/completion/dnetmap.bash
. "$top/userspace/dnetmap/completion/dnetmap.bash"
cd "$work"

stub << 'END'
case "$*" in
*list*)
	echo '{"prenat":"192.168.0.10","postnat":"20.0.0.0","state":"active","prefix":"20.0.0.0/26"}'
	echo '{"prenat":"192.168.0.11","postnat":"20.0.0.1","state":"active","prefix":"20.0.0.0/26"}' ;;
*)
	echo '{"prefix":"10.9.0.0/26","flags":["own"],"rules":1}'
	echo '{"prefix":"20.0.0.0/26","flags":[],"rules":2}' ;;
esac
END

offers "dnetmap s" "show stats save"
offers "dnetmap -" "--netns --json --no-header --exist --color --version --help"
offers "dnetmap -jH l" "list"
offers "dnetmap -c " "auto always never"
offers "dnetmap -jc n" "never"
offers "dnetmap -n no-such-na" ""
offers "dnetmap list " "prefix prenat state"
offers "dnetmap list state a" "active"
offers "dnetmap list state active pre" "prefix prenat"
offers "dnetmap list prefix " "10.9.0.0/26 20.0.0.0/26" "-j"
offers "dnetmap -n red list prefix 2" "20.0.0.0/26" "-n red -j"
offers "dnetmap list prenat 192.168." "192.168.0.10 192.168.0.11" "-j list prenat 192.168.0.0/16"
offers "dnetmap show 20.0.0." "20.0.0.0 20.0.0.1" \
	"-j list prenat 20.0.0.0/24;-j list prefix 20.0.0.0/24"
offers "dnetmap show " "192.168.0.10 192.168.0.11 20.0.0.0 20.0.0.1" "-j list;-j list"
offers "dnetmap show 20.0.0.0 " ""
offers "dnetmap add " "192.168.0.10 192.168.0.11" "-j list"
offers "dnetmap add 192.168.0.10 " "20.0.0.0 20.0.0.1" "-j list prenat 192.168.0.10"
offers "dnetmap add 192.168.0.10 20.0.0.0 " "static ttl expired in force"
offers "dnetmap add 192.168.0.10 20.0.0.0 ttl " ""
offers "dnetmap add 192.168.0.10 20.0.0.0 ttl 5 in 1" "10.9.0.0/26" "-j"
offers "dnetmap del 192.168.0.10 i" "in" "-j list prenat 192.168.0.10"
offers "dnetmap del 192.168.0.10 in 2" "20.0.0.0/26" "-j"
offers "dnetmap flush " "10.9.0.0/26 20.0.0.0/26" "-j"
offers "dnetmap flush 10.9.0.0/26 " ""
offers "dnetmap prefix " "new set del"
offers "dnetmap prefix new " ""
offers "dnetmap prefix set 1" "10.9.0.0/26" "-j"
offers "dnetmap prefix set 10.9.0.0/26 " "persistent"
offers "dnetmap prefix set 10.9.0.0/26 persistent o" "on off"
offers "dnetmap stats -" "--help --prometheus"
offers "dnetmap monitor --s" "--snapshot --since"
offers "dnetmap monitor --since " ""
offers "dnetmap save " ""
offers "dnetmap who 20.0.0.1 a" "at asked"
touch saved
offers "dnetmap restore --check s" "saved"
offers "dnetmap add --h" "--help" "-j list"

# A verb of the manual page that is not offered is forgotten here.
verbs=$(sed -n '/^\.Sh VERBS/,/^\.Sh MISSING/s/^\.Ss //p' "$top/man/dnetmap.8" | paste -sd ' ')
offers "dnetmap " "$verbs"

# What comes from elsewhere is not run.
# shellcheck disable=SC2016 # the dollar is to be seen
{
	touch '$(touch ran)'
	offers 'dnetmap restore $' '$(touch ran)'
	stub <<< 'echo "{\"prefix\":\"\$(touch ran)\"}"'
	offers 'dnetmap flush $' '$(touch ran)' "-j"
	offers "dnetmap restore --check ra" ""
}

# is NAME SEEN EXPECTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '# expected: %s\n# seen:     %s\n' "$3" "$2"
	fi
}

stub << 'END'
seq -f '{"prefix":"%.0f"}' 1 9000000
END
is "of a long table, the beginning" "$(complete_line "dnetmap flush " | wc -w)" 500
mkfifo never
stub << 'END'
exec timeout 30 cat never
END
began=$SECONDS
is "of a kernel that does not answer" "$(complete_line "dnetmap flush ")" ""
is "nothing, and soon" "$((SECONDS - began < 15))" 1

echo "1..$count"
