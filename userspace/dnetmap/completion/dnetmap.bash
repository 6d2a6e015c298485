# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of dnetmap(8). Prefixes and addresses are those of the live kernel.

# _dnetmap_live FIELD... -- [WORD...]: these fields of what "dnetmap -j WORD..." prints.
# A table may have millions of lines: so few lines, and so little time.
_dnetmap_live() {
	local fields=$1
	while shift && [ "$1" != -- ]; do fields+="|$1"; done
	timeout 1 dnetmap "${netns[@]}" -j "${@:2}" 2> /dev/null | head -n 500 |
		grep -oE "\"($fields)\":\"[^\"]*\"" | cut -d '"' -f 4 | sort -u
}

# Prints the subnet of the octets that are whole in the word, as in 20.0.0.0/16.
_dnetmap_subnet() {
	local octets=${cur%"${cur##*.}"}
	case $octets in
	*[!0-9.]*) ;;
	*.*.*.) echo "${octets}0/24" ;;
	*.*.) echo "${octets}0.0/16" ;;
	*.) echo "${octets}0.0.0/8" ;;
	esac
}

_dnetmap_prefixes() { _dnetmap_live prefix --; }

_dnetmap_hosts() {
	local subnet
	subnet=$(_dnetmap_subnet)
	_dnetmap_live prenat -- list ${subnet:+prenat "$subnet"}
}

# Addresses of either side
_dnetmap_addresses() {
	local subnet
	subnet=$(_dnetmap_subnet)
	_dnetmap_hosts
	_dnetmap_live postnat -- list ${subnet:+prefix "$subnet"}
}

# _dnetmap_offer LINES...: those that begin as the word does; compgen -W would expand them
_dnetmap_offer() {
	local line
	while read -r line; do
		if [[ $line && $line = "$cur"* ]]; then COMPREPLY+=("$line"); fi
	done < <(printf '%s\n' "$@")
}

_dnetmap_offer_files() {
	compopt -o filenames 2> /dev/null
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
}

# _dnetmap_word VERB [WORD...]: what may come behind these
_dnetmap_word() {
	local verb=$1 prev=${*: -1}
	shift
	case $cur in -*) _dnetmap_offer --help ;; esac
	case $verb:$prev in
	list:prefix | add:in | del:in)
		_dnetmap_offer "$(_dnetmap_prefixes)" ;;
	list:prenat)
		_dnetmap_offer "$(_dnetmap_hosts)" ;;
	list:state)
		_dnetmap_offer active static expired ;;
	list:*)
		if (($# % 2 == 0)); then _dnetmap_offer prefix prenat state; fi ;;
	add:ttl | who:at | monitor:--since) ;;
	add:*)
		case $# in
		0) _dnetmap_offer "$(_dnetmap_hosts)" ;;
		1) _dnetmap_offer "$(_dnetmap_live postnat -- list prenat "$1")" ;;
		*) _dnetmap_offer static ttl expired in force ;;
		esac ;;
	show:* | del:* | who:*)
		case $#:$verb in
		0:*) _dnetmap_offer "$(_dnetmap_addresses)" ;;
		1:del) _dnetmap_offer in "$(_dnetmap_live postnat -- list prenat "$1")" ;;
		2:del) _dnetmap_offer in ;;
		1:who) _dnetmap_offer at && _dnetmap_offer_files ;;
		*:who) _dnetmap_offer_files ;;
		esac ;;
	flush:flush)
		_dnetmap_offer "$(_dnetmap_prefixes)" ;;
	prefix:*)
		case $#:${1-} in
		0:) _dnetmap_offer new set del ;;
		1:set | 1:del) _dnetmap_offer "$(_dnetmap_prefixes)" ;;
		2:set) _dnetmap_offer persistent ;;
		3:set) _dnetmap_offer on off ;;
		esac ;;
	stats:stats)
		_dnetmap_offer --prometheus ;;
	monitor:*)
		_dnetmap_offer --snapshot --since ;;
	restore:*)
		if (($# == 0)); then _dnetmap_offer --check; fi
		_dnetmap_offer_files ;;
	esac
}

_dnetmap() {
	local cur=${COMP_WORDS[COMP_CWORD]} netns=() i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-n | -[jHx]*n | --netns) netns=(-n "${COMP_WORDS[++i]}") ;;
		-c | -[jHx]*c | --color) ((++i)) ;;
		-*) ;;
		*) break ;;
		esac
	done
	if ((i < COMP_CWORD)); then
		_dnetmap_word "${COMP_WORDS[@]:i:COMP_CWORD - i}"
		return
	fi
	case ${COMP_WORDS[COMP_CWORD - 1]}:$cur in
	-n:* | -[jHx]*n:* | --netns:*) _dnetmap_offer "$(ls /run/netns 2> /dev/null)" ;;
	-c:* | -[jHx]*c:* | --color:*) _dnetmap_offer auto always never ;;
	*:-*) _dnetmap_offer --netns --json --no-header --exist --color --version --help ;;
	*) _dnetmap_offer list show add del flush prefix stats monitor save restore who check ;;
	esac
}

complete -F _dnetmap dnetmap
