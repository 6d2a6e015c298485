/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_RECORD_BULK_H
#define _DNETMAP_RECORD_BULK_H

#include <linux/types.h>

struct dnetmap_prefix;

void dnetmap_records_forget_vacant(struct dnetmap_prefix *prefix);
void dnetmap_records_settle(struct dnetmap_prefix *prefix);
void dnetmap_records_end(struct dnetmap_prefix *prefix, bool overlaps);
void dnetmap_records_flush(struct dnetmap_prefix *prefix);

#endif /* _DNETMAP_RECORD_BULK_H */
