// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file that is replaced whole or not at all: written beside, and renamed when all
 * of it is on the disk. Whatever fails or interrupts this leaves the old file.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"

static char target[PATH_MAX];
static char beside[PATH_MAX];

static const int interruptions[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ };

static void interrupted(int number)
{
	unlink(beside);
	signal(number, SIG_DFL);
	raise(number);
}

/* What is ignored stays so, as behind nohup. */
static void watch_interruptions(void)
{
	size_t i;

	for (i = 0; i < sizeof(interruptions) / sizeof(*interruptions); i++)
		if (signal(interruptions[i], interrupted) == SIG_IGN)
			signal(interruptions[i], SIG_IGN);
}

static bool refuse(const char *path, int error)
{
	say_error("%s: %s", path, strerror(error));
	return false;
}

/*
 * The file behind a symbolic link is replaced, not the link. A device or a pipe is
 * nothing to replace.
 */
static bool find_target(const char *path, mode_t *mode)
{
	struct stat old;

	if (!realpath(path, target)) {
		if (errno != ENOENT || strlen(path) >= sizeof(target))
			return refuse(path, errno);
		strcpy(target, path);
		return true;
	}
	if (stat(target, &old))
		return refuse(path, errno);
	if (!S_ISREG(old.st_mode)) {
		say_error("%s: expected a regular file", path);
		return false;
	}
	*mode = old.st_mode & 0777;
	return true;
}

static FILE *open_beside(mode_t mode)
{
	FILE *file = NULL;
	int fd;

	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", target) >= (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fchmod(fd, mode))
		file = fdopen(fd, "w");
	if (!file) {
		unlink(beside);
		close(fd);
	}
	return file;
}

/*
 * Begins a file in the place of another one, whose mode it has; without one it is for
 * its owner alone. Returns NULL, having said why, if that cannot be.
 */
FILE *replace_begin(const char *path)
{
	mode_t mode = 0600;
	FILE *file;

	if (!find_target(path, &mode))
		return NULL;
	watch_interruptions();
	file = open_beside(mode);
	if (!file)
		refuse(path, errno);
	return file;
}

/* The new name, too, has to be on the disk. */
static bool sync_folder(void)
{
	char folder[PATH_MAX];
	bool good;
	int fd;

	fd = open(dirname(strcpy(folder, target)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = !fsync(fd);
	close(fd);
	return good;
}

static bool settle(FILE *file)
{
	return !fflush(file) && !ferror(file) && !fsync(fileno(file)) &&
	       !rename(beside, target) && sync_folder();
}

/*
 * Lets the file take its place if its writer is DONE, and removes it otherwise. Says
 * why it could not be written; why its writer FAILED, the writer has said.
 */
enum status replace_end(FILE *file, enum status status)
{
	if (status == DONE && settle(file)) {
		fclose(file);
		return DONE;
	}
	if (status == DONE || ferror(file))
		refuse(target, errno);
	unlink(beside);
	fclose(file);
	return FAILED;
}
