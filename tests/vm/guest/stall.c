// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who stalls in a file's handler: reads into memory that nobody provides, or
 * writes what is provided later.
 *
 *   stall FILE		read, until killed
 *   stall FILE TEXT	write this, once standard input has ended; print what
 *			becomes of it
 *
 * A page of its own, by userfaultfd, without anybody who answers for it: the
 * kernel's copy to it, or from it, sleeps in the handler.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	4096

/* A page that is missing, and the descriptor to provide it by. */
static void *missing_page(int *fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range.len = PAGE,
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (*fd < 0 || page == MAP_FAILED || ioctl(*fd, UFFDIO_API, &api))
		err(2, "userfaultfd");
	range.range.start = (unsigned long)page;
	if (ioctl(*fd, UFFDIO_REGISTER, &range))
		err(2, "UFFDIO_REGISTER");
	return page;
}

/* Another process, as who writes sleeps. */
static void provide_later(int fd, void *page, const char *text)
{
	char content[PAGE] = "", c;
	struct uffdio_copy copy = {
		.dst = (unsigned long)page,
		.src = (unsigned long)content,
		.len = PAGE,
	};

	strncpy(content, text, PAGE - 1);
	switch (fork()) {
	case -1:
		err(2, "fork");
	case 0:
		while (read(STDIN_FILENO, &c, 1) > 0)
			;
		if (ioctl(fd, UFFDIO_COPY, &copy))
			err(2, "UFFDIO_COPY");
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	int file, fd;
	void *page = missing_page(&fd);

	if (argc != 2 && argc != 3)
		errx(2, "usage: stall FILE [TEXT]");
	file = open(argv[1], argc == 2 ? O_RDONLY : O_WRONLY);
	if (file < 0)
		err(2, "%s", argv[1]);
	if (argc == 2) {
		if (read(file, page, PAGE) < 0)
			err(2, "%s", argv[1]);
		return 0;
	}
	provide_later(fd, page, argv[2]);
	puts(write(file, page, strlen(argv[2])) < 0 ? strerror(errno) :
						      "written");
	return 0;
}
