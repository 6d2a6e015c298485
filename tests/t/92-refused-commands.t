# shellcheck shell=bash
# What a write is refused for: EINVAL, one line in the log that says what was
# expected, nothing changed.
# share: um
. tests/lib.sh

FILE=/proc/net/xt_DNETMAP/20.0.0.0_26

# begin NAME: a pool with a static and a dynamic binding. Lines for what is
# refused are limited to ten in five seconds.
begin() {
	pass_time 6
	test_case "$1"
	nat -A POSTROUTING -s 192.168.0.0/16 -j DNETMAP --prefix 20.0.0.0/26
	tell 20.0.0.0_26 +192.168.0.1:20.0.0.40 > /dev/null
	flow 192.168.0.2 > /dev/null
	within 2 3 "a pool with two bindings" lines
	unchanged=$(state)
	writes=0
}

lines() { klog | wc -l; }

# state: what a command could change
state() {
	bindings 20.0.0.0_26 | sed 's/ ttl: .*//'
	bindings 20.0.0.0_26_stat | sed -E 's/ [0-9]+( |$)/ /2'
}

# no_command TEXT...: each write of them fails
no_command() {
	local text results i=0
	mapfile -t results < <(tell 20.0.0.0_26 "$@")
	for text in "$@"; do
		is "${results[i++]}" "Invalid argument" \
			"$(printf 'refused: %q' "$text")"
	done
	writes=$((writes + $#))
}

# nothing_changed: and the log says for each write what was expected
nothing_changed() {
	is "$(state)" "$unchanged" "nothing has changed"
	is "$(klog | tail -n +4 | grep -c expected)" "$writes" \
		"one line for each that says what was expected"
	is "$(lines)" $((writes + 3)) "and no other"
}

# write_perl STATEMENTS: with $file open for writing; prints what it returns
write_perl() {
	gw perl -e 'open my $file, "+<", shift or die "$!\n";
		my $taken = do { '"$1"' }; print $taken // $!, "\n"' $FILE
	writes=$((writes + 1))
}

begin "addresses out of the prefix, a prenat inside it"
no_command +192.168.0.10:19.255.255.255 +192.168.0.10:20.0.0.64 \
	+192.168.0.10:192.168.0.11 +192.168.0.2:21.0.0.0 \
	+20.0.0.0:20.0.0.1 +20.0.0.63:20.0.0.40 +20.0.0.40:20.0.0.40
nothing_changed
like "$(klog | tail -n 1)" '"\+20\.0\.0\.40:20\.0\.0\.40": .*20\.0\.0\.0/26' \
	"it names the prefix"

begin "a prenat that is no host's"
no_command +0.0.0.0:20.0.0.1 +0.255.255.255:20.0.0.1 +127.0.0.1:20.0.0.1 \
	+224.0.0.1:20.0.0.1 +239.255.255.255:20.0.0.1 +255.255.255.255:20.0.0.1
nothing_changed

begin "half a line"
no_command "" $'\n' + - +192.168.0.10 +192.168.0.10: +192.168.0.10:20.0.0. \
	+:20.0.0.1 -192.168.0
nothing_changed
begin "half a line, and the other half"
no_command +192.168.0.10: 20.0.0.1 flu $'sh\n'
nothing_changed

begin "something like a command"
no_command FLUSH "flush " " flush" flusher persistent +persistently \
	"- 192.168.0.2" 192.168.0.10:20.0.0.1
nothing_changed
begin "something like an address"
no_command -192.168.0.2/32 +192.168.0.10:20.0.0.256 +192.168.0.10:20.0.0.1.1 \
	+192.168.10:20.0.0.1 +192.168.0.10:0x14000001 +192.168.0.10:20.0.0.1: \
	-192.168.0.2.example.org -::ffff:192.168.0.2 -192.168.000.002 \
	+192.168.000.010:20.0.0.1
nothing_changed

begin "two lines in one write"
no_command $'flush\nflush\n' $'flush\n\n' $'\nflush' \
	$'-192.168.0.2\n-192.168.0.1\n' \
	$'+192.168.0.10:20.0.0.10\n+192.168.0.11:20.0.0.11' $'flush\r\n'
nothing_changed

begin "a megabyte of garbage, and NUL bytes"
is "$(write_perl 'syswrite $file, "A" x (1 << 20)')" "Invalid argument" \
	"1 MiB of one letter"
is "$(write_perl 'syswrite $file, "flush\n" x (1 << 18), 1 << 20')" \
	"Invalid argument" "1 MiB of commands"
is "$(write_perl 'open my $random, "<", "/dev/urandom";
	sysread $random, my $text, 1 << 20; syswrite $file, $text')" \
	"Invalid argument" "1 MiB of noise"
is "$(write_perl 'syswrite $file, "\0" x (1 << 20)')" "Invalid argument" \
	"1 MiB of NUL bytes"
for text in 'flush\0' '\0flush' 'fl\0ush' 'flush\0\n' 'flush" . " " x 59 . "'; do
	is "$(write_perl "syswrite \$file, \"$text\"")" "Invalid argument" "$text"
done
writes=9
nothing_changed
like "$(dmesg -t | tail -n 9)" '^xt_DNETMAP: [[:print:][:space:]]*$' \
	"they cannot forge the log"

begin "a write to the other file"
is "$(tell 20.0.0.0_26_stat flush +persistent | sort -u)" "Input/output error" \
	"it takes no commands"
nothing_changed

begin "a write at an offset"
is "$(write_perl 'sysseek $file, 1, 0; syswrite $file, "flush"')" \
	"Invalid argument" "after a seek"
is "$(write_perl 'sysread $file, my $table, 100; syswrite $file, "flush"')" \
	"Invalid argument" "after a read"
writes=2
nothing_changed
is "$(write_perl 'sysread $file, my $table, 100; sysseek $file, 0, 0;
	syswrite $file, "flush"')" 5 "back at the beginning it is taken"
