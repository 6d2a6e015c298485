// SPDX-License-Identifier: GPL-2.0-only
/*
 * How late a real-time task is at most, while a command runs.
 *
 *   late USEC COMMAND...
 *
 * Sleeps to each multiple of so many microseconds, as a real-time task, until the
 * command has ended, and prints in microseconds how late it woke up at most.
 * Exits as the command does.
 *
 * Where the kernel is preemptible, what makes it late is what runs in one piece:
 * with interrupts, softirqs or preemption off.
 */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	1000000000ULL

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static void sleep_until(uint64_t when)
{
	struct timespec t = {
		.tv_sec		= when / NSEC_PER_SEC,
		.tv_nsec	= when % NSEC_PER_SEC,
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static pid_t start(char **command)
{
	pid_t child = fork();

	if (child < 0)
		err(2, "fork");
	if (child)
		return child;
	execvp(*command, command);
	err(2, "%s", *command);
}

int main(int argc, char **argv)
{
	struct sched_param first = { .sched_priority = 50 };
	uint64_t interval, due, woken, latest = 0;
	int status;
	pid_t child;

	if (argc < 3)
		errx(2, "late USEC COMMAND...");
	interval = strtoull(argv[1], NULL, 10) * 1000;
	child = start(argv + 2);
	if (mlockall(MCL_CURRENT | MCL_FUTURE) ||
	    sched_setscheduler(0, SCHED_FIFO, &first))
		err(2, "cannot be a real-time task");
	due = now();
	while (!waitpid(child, &status, WNOHANG)) {
		due += interval;
		sleep_until(due);
		woken = now();
		if (woken - due > latest)
			latest = woken - due;
		if (woken > due + interval)
			due = woken;
	}
	printf("%llu\n", (unsigned long long)latest / 1000);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
