// SPDX-License-Identifier: GPL-2.0-or-later
/* Real times: as RFC 3339 has them, or as seconds since 1970. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "when.h"

#define SECOND	UINT64_C(1000000000)

uint64_t when_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

const char *when_text(uint64_t time, char text[WHEN_TEXT])
{
	time_t seconds = time / SECOND;
	char date[24] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, WHEN_TEXT, "%s.%03uZ", date,
		 (unsigned int)(time / (SECOND / 1000) % 1000));
	return text;
}

/* A fraction of a second, if there is one. Returns what is behind it. */
static const char *parse_fraction(const char *text, uint64_t *ns)
{
	uint64_t scale = SECOND / 10;

	*ns = 0;
	if (*text != '.')
		return text;
	for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
		*ns += (*text - '0') * scale;
	return text;
}

/* Z, +HH:MM or -HH:MM, as seconds to subtract. */
static bool parse_zone(const char *text, long *seconds)
{
	unsigned int hours, minutes;
	int length = 0;

	*seconds = 0;
	if (!strcmp(text, "Z"))
		return true;
	if ((*text != '+' && *text != '-') || strspn(text + 1, "0123456789:") != 5 ||
	    sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &length) != 2 ||
	    text[1 + length] || length != 5 || hours > 23 || minutes > 59)
		return false;
	*seconds = (hours * 3600L + minutes * 60) * (*text == '-' ? -1 : 1);
	return true;
}

static bool same_clock(const struct tm *a, const struct tm *b)
{
	return a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
	       a->tm_min == b->tm_min;
}

/* Local time: when the clock is set back, an hour is there twice. */
static const char *from_local(const struct tm *tm, time_t *seconds)
{
	unsigned int found = 0;
	int dst;

	for (dst = 0; dst < 2; dst++) {
		struct tm copy = *tm;
		time_t time;

		copy.tm_isdst = dst;
		time = mktime(&copy);
		if (time < 0 || !localtime_r(&time, &copy) || !same_clock(tm, &copy) ||
		    (found && time == *seconds))
			continue;
		*seconds = time;
		found++;
	}
	return !found ? "no time that there is" :
	       found == 2 ? "a local time that there is twice: put an offset behind it" : NULL;
}

/* Returns NULL, or what is wrong with it. */
const char *when_parse(const char *text, uint64_t *time)
{
	static const char expected[] = "expected YYYY-MM-DDTHH:MM:SS, with Z or an offset "
				       "behind it if it is not local time, or @SECONDS";
	struct tm tm = {}, copy;
	const char *wrong = NULL;
	time_t seconds = 0;
	uint64_t ns;
	long zone;
	char *end;

	if (*text == '@') {
		if (text[1] < '0' || text[1] > '9')
			return expected;
		seconds = strtoull(text + 1, &end, 10);
		if (*parse_fraction(end, &ns) || (uint64_t)seconds > INT64_MAX / SECOND)
			return expected;
		*time = seconds * SECOND + ns;
		return NULL;
	}
	text = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!text)
		return expected;
	text = parse_fraction(text, &ns);
	copy = tm;
	if (*text && !parse_zone(text, &zone))
		return expected;
	if (*text)
		seconds = timegm(&copy) - zone;
	else
		wrong = from_local(&tm, &seconds);
	if (!wrong && (seconds < 0 || (*text && copy.tm_mday != tm.tm_mday) ||
		       (uint64_t)seconds > INT64_MAX / SECOND))
		wrong = "no time that there is";
	*time = seconds * SECOND + ns;
	return wrong;
}
