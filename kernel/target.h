/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DNETMAP_TARGET_H
#define _DNETMAP_TARGET_H

int dnetmap_target_init(void);
void dnetmap_target_exit(void);

#endif /* _DNETMAP_TARGET_H */
