// SPDX-License-Identifier: GPL-2.0-or-later
/* Arrays that grow while something is read. */
#include <stdlib.h>

#include "array.h"
#include "say.h"

/*
 * Makes room for one more element behind those that there are. Without memory, the
 * command ends: nothing has been changed while it still reads.
 */
void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	void *more;

	if (count < *room)
		return array;
	*room = *room * 2 + 16;
	more = reallocarray(array, *room, size);
	if (!more) {
		say_error("out of memory");
		exit(FAILED);
	}
	return more;
}
