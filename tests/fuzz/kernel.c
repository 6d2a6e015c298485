// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions of kernel.h.
 */
#include "fuzz.h"
#include "../../kernel/log.h"
#include "../../kernel/param.h"

#undef snprintf

int dnetmap_default_ttl = 600;
unsigned int fuzz_refusals;
int fuzz_rcu_depth;

/*
 * As the kernel's: numbers up to 255 with any zeros in front, three dots, and
 * then @delim, a colon or the end. @end is not for us.
 */
int in4_pton(const char *src, int srclen, u8 *dst, int delim,
	     const char **end)
{
	unsigned int octet[4] = { 0 };
	int digits = 0, i = 0;

	EXPECT(srclen == -1 && delim != -1 && !end, "%d %d", srclen, delim);
	for (; *src && *src != delim && *src != ':'; src++) {
		if (*src == '.' && digits && i < 3) {
			digits = 0;
			i++;
			continue;
		}
		if (*src < '0' || *src > '9')
			return 0;
		octet[i] = octet[i] * 10 + (unsigned int)(*src - '0');
		if (octet[i] > 255)
			return 0;
		digits++;
	}
	if (i < 3 || !digits)
		return 0;
	for (i = 0; i < 4; i++)
		dst[i] = (u8)octet[i];
	return 1;
}

/* What a format makes. @len counts what has no room, too, as in snprintf(). */
struct output {
	char *buf;
	size_t size;
	size_t len;
	va_list args;
};

static void __attribute__((format(printf, 2, 3)))
put(struct output *out, const char *fmt, ...)
{
	bool room = out->len < out->size;
	va_list args;

	va_start(args, fmt);
	out->len += (size_t)vsnprintf(room ? out->buf + out->len : NULL,
				      room ? out->size - out->len : 0,
				      fmt, args);
	va_end(args);
}

/* %pI4 is an address, %*pE so many bytes, of which some would be escaped. */
static const char *put_pointer(struct output *out, const char *kind, int width)
{
	const u8 *bytes = va_arg(out->args, const void *);

	if (*kind == 'E') {
		put(out, "%.*s", width, bytes);
		return kind + 1;
	}
	EXPECT(!strncmp(kind, "I4", 2), "%%p%s", kind);
	put(out, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
	return kind + 2;
}

/* Return: what follows the conversion. */
static const char *put_conversion(struct output *out, const char *fmt)
{
	size_t flags = strspn(fmt, "0123456789*");
	int width = 0;
	char type = fmt[flags];

	if (*fmt == '*')
		width = va_arg(out->args, int);
	fmt += flags + 1;
	switch (type) {
	case 'p':
		return put_pointer(out, fmt, width);
	case 's':
		put(out, "%s", va_arg(out->args, const char *));
		return fmt;
	case 'd':
		put(out, "%d", va_arg(out->args, int));
		return fmt;
	case 'u':
		put(out, "%u", va_arg(out->args, unsigned int));
		return fmt;
	}
	EXPECT(type == 'x', "%%%c", type);
	put(out, "%x", va_arg(out->args, unsigned int));
	return fmt;
}

static size_t put_all(struct output *out, const char *fmt)
{
	size_t plain;

	while (*fmt) {
		plain = strcspn(fmt, "%");
		put(out, "%.*s", (int)plain, fmt);
		fmt += plain;
		if (*fmt)
			fmt = put_conversion(out, fmt + 1);
	}
	return out->len;
}

int fuzz_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	struct output out = { .buf = buf, .size = size };
	size_t len;

	va_start(out.args, fmt);
	len = put_all(&out, fmt);
	va_end(out.args);
	return (int)len;
}

/* The line is made, so that all that it is made of is looked at. */
void dnetmap_log_now(const struct net *net, struct ratelimit_state *rate,
		     const char *fmt, ...)
{
	char line[512];
	struct output out = { .buf = line, .size = sizeof(line) };

	(void)net;
	(void)rate;
	va_start(out.args, fmt);
	put_all(&out, fmt);
	va_end(out.args);
	fuzz_refusals++;
}
