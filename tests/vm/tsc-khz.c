// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast this machine's time stamp counter runs, in kHz: that is what a VM with
 * several CPUs has for a clock, as QEMU hands the counter through.
 *
 * The guest would find it out by itself, with a timer that it starts and watches;
 * but where QEMU is not run in between, it believes that the counter is slow: at a
 * ninth of its rate, as was seen, a minute passes in seven seconds, and grace
 * periods take too long. Here it does not matter who else runs: of many looks at
 * both clocks, that counts which took the shortest time.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define LOOKS	1000

struct moment {
	uint64_t ticks;
	int64_t ns;
};

static int64_t nanoseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct moment look(void)
{
	struct moment best = { 0 };
	uint64_t before, took, least = UINT64_MAX;
	int64_t ns;

	for (int i = 0; i < LOOKS; i++) {
		before = __rdtsc();
		ns = nanoseconds();
		took = __rdtsc() - before;
		if (took < least) {
			least = took;
			best = (struct moment){ before + took / 2, ns };
		}
	}
	return best;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct moment first = look(), last;

	nanosleep(&pause, NULL);
	last = look();
	printf("%.0f\n", (last.ticks - first.ticks) * 1e6 /
	       (last.ns - first.ns));
	return 0;
}
