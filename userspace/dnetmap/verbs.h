/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DNETMAP_VERBS_H
#define DNETMAP_VERBS_H

#include "say.h"

/* Each takes the words behind it, up to a NULL. */
enum status verb_add(char **words);
enum status verb_check(char **words);
enum status verb_del(char **words);
enum status verb_flush(char **words);
enum status verb_list(char **words);
enum status verb_monitor(char **words);
enum status verb_overview(char **words);
enum status verb_prefix(char **words);
enum status verb_restore(char **words);
enum status verb_save(char **words);
enum status verb_show(char **words);
enum status verb_stats(char **words);
enum status verb_who(char **words);

#endif
