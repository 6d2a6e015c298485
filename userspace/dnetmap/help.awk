# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes a header of the manual page: for each verb HELP_verb, a string with its usage
# and the paragraph behind that.
#
# Under ".Sh VERBS", a section has the name of a verb. It begins with the forms of
# the verb, a line ".D1 Nm Cm verb ..." each; then come ".Pp" and the paragraph. All
# other words of the section are the manual's alone. Of mdoc, what these lines need is
# known here, and anything else is an error.

function fail(why) {
	print FILENAME ":" FNR ": " why > "/dev/stderr"
	failed = 1
	exit 1
}

# Text without its escapes, as a string of C has it.
function unescape(text) {
	gsub(/\\-/, "-", text)
	gsub(/\\&/, "", text)
	if (text ~ /\\/)
		fail("an escape that is not known here: " text)
	gsub(/"/, "\\\"", text)
	return text
}

# What a line of macros says; the first of its words may be a macro.
function words_of(line,    word, count, i, said, glued, dash, options) {
	count = split(line, word, " ")
	glued = 1
	for (i = 1; i <= count; i++) {
		if (word[i] == "Cm" || word[i] == "Ar" || word[i] == "No")
			continue
		if (word[i] == "Fl") {
			dash = "-"
		} else if (word[i] == "Oo" || word[i] == "Op") {
			said = said (glued ? "" : " ") "["
			options += word[i] == "Op"
			glued = 1
		} else if (word[i] == "Oc" || word[i] ~ /^[.,;:]$/) {
			if (word[i] == "Oc" && options)
				fail("Op within Oo")
			said = said (word[i] == "Oc" ? "]" : word[i])
			glued = 0
		} else if (word[i] ~ /^[A-Z][a-z]$/ && word[i] != "Nm") {
			fail("a macro that is not known here: " word[i])
		} else {
			said = said (glued ? "" : " ") dash \
				(word[i] == "Nm" ? "dnetmap" : unescape(word[i]))
			dash = ""
			glued = 0
		}
	}
	while (options-- > 0)
		said = said "]"
	return said
}

# Adds lines of at most 80 columns; what is in brackets stays together.
function print_filled(text, first, others,    word, count, i, part, depth, line) {
	count = split(text, word, " ")
	line = first
	for (i = 1; i <= count; i++) {
		part = part (part == "" ? "" : " ") word[i]
		depth += gsub(/\[/, "[", word[i]) - gsub(/\]/, "]", word[i])
		if (depth)
			continue
		if (line !~ /^ *$/ && length(line) + length(part) > 79) {
			printf " \\\n\t\"%s\\n\"", line
			line = others
		}
		line = line (line ~ /^ *$/ ? "" : " ") part
		part = ""
	}
	if (depth)
		fail("brackets that do not match: " text)
	printf " \\\n\t\"%s\\n\"", line
}

function begin_verb() {
	verb = $2
	if (NF != 2 || verb !~ /^[a-z]+$/)
		fail("expected .Ss and a verb")
	printf "#define HELP_%s", verb
	count++
	forms = 0
	text = ""
	state = "forms"
}

# The paragraph is over.
function end_text() {
	if (state == "forms" || (state == "text" && text == ""))
		fail("expected the forms of " verb ", and a paragraph about it")
	if (state != "text")
		return
	print_filled(text, "        ", "        ")
	print "\n"
	state = "done"
}

BEGIN { print "/* Made of the manual page by help.awk. */\n" }

/^\.Sh/ {
	if (verb != "")
		end_text()
	verb = ""
	verbs = $2 == "VERBS"
	next
}

!verbs { next }

/^\.Ss/ {
	if (verb != "")
		end_text()
	begin_verb()
	next
}

state == "forms" && /^\.D1/ {
	form = words_of(substr($0, 5))
	if (index(form " ", "dnetmap " verb " ") != 1)
		fail("expected .D1 Nm Cm " verb)
	print_filled(form, "    ", "            ")
	forms++
	next
}

state == "forms" && /^\.Pp/ && forms {
	state = "text"
	next
}

state == "forms" { fail("expected .D1 Nm Cm " verb ", or .Pp behind that") }

state == "text" && /^\.(Pp|Bl)/ {
	end_text()
	next
}

state == "text" {
	line = /^\./ ? words_of(substr($0, 2)) : unescape($0)
	text = text (text == "" ? "" : " ") line
}

END {
	if (failed)
		exit 1
	if (verb != "")
		end_text()
	if (!count)
		fail("expected a section VERBS")
}
