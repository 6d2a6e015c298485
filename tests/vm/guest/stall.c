// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader who stalls: reads a file into memory that nobody ever provides.
 *
 *   stall FILE
 *
 * A page of its own, by userfaultfd, without anybody who answers for it: the
 * kernel's copy to it sleeps in the file's handler until the reader is killed.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range.len = 4096,
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int file, fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (argc != 2)
		errx(2, "usage: stall FILE");
	if (fd < 0 || page == MAP_FAILED || ioctl(fd, UFFDIO_API, &api))
		err(2, "userfaultfd");
	range.range.start = (unsigned long)page;
	if (ioctl(fd, UFFDIO_REGISTER, &range))
		err(2, "UFFDIO_REGISTER");
	file = open(argv[1], O_RDONLY);
	if (file < 0 || read(file, page, 4096) < 0)
		err(2, "%s", argv[1]);
	return 0;
}
