// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	netlink/dnetmap.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "compat.h"

#include "nl_gen.h"

#include <linux/dnetmap.h>

/* Common nested types */
const struct nla_policy dnetmap_one_of_bindings_nl_policy[DNETMAP_A_BINDING_PAD + 1] = {
	[DNETMAP_A_BINDING_PRENAT] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PRENAT_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
	[DNETMAP_A_BINDING_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[DNETMAP_A_BINDING_POSTNAT] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
	[DNETMAP_A_BINDING_SCOPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[DNETMAP_A_BINDING_TTL] = { .type = NLA_U64, },
	[DNETMAP_A_BINDING_ENDED] = { .type = NLA_U64, },
	[DNETMAP_A_BINDING_LAST_HIT] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_HELD] = NLA_POLICY_MASK(NLA_U32, 0x7),
	[DNETMAP_A_BINDING_EVENT_SEQ] = { .type = NLA_U64, },
	[DNETMAP_A_BINDING_INCARNATION] = { .type = NLA_U64, },
};

/* DNETMAP_CMD_BINDING_GET - do */
static const struct nla_policy dnetmap_binding_get_do_nl_policy[DNETMAP_A_BINDING_PREFIX_LEN + 1] = {
	[DNETMAP_A_BINDING_PRENAT] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
	[DNETMAP_A_BINDING_POSTNAT] = { .type = NLA_U32, },
};

/* DNETMAP_CMD_BINDING_GET - dump */
static const struct nla_policy dnetmap_binding_get_dump_nl_policy[DNETMAP_A_BINDING_PREFIX_LEN + 1] = {
	[DNETMAP_A_BINDING_PRENAT] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PRENAT_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
	[DNETMAP_A_BINDING_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
	[DNETMAP_A_BINDING_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[DNETMAP_A_BINDING_POSTNAT] = { .type = NLA_U32, },
};

/* DNETMAP_CMD_BINDING_NEW - do */
static const struct nla_policy dnetmap_binding_new_nl_policy[DNETMAP_A_BINDINGS_FORCE + 1] = {
	[DNETMAP_A_BINDINGS_BINDING] = NLA_POLICY_NESTED(dnetmap_one_of_bindings_nl_policy),
	[DNETMAP_A_BINDINGS_FORCE] = { .type = NLA_FLAG, },
};

/* DNETMAP_CMD_BINDING_DEL - do */
static const struct nla_policy dnetmap_binding_del_nl_policy[DNETMAP_A_BINDING_PREFIX_LEN + 1] = {
	[DNETMAP_A_BINDING_PRENAT] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_BINDING_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
	[DNETMAP_A_BINDING_POSTNAT] = { .type = NLA_U32, },
};

/* DNETMAP_CMD_PREFIX_GET - do */
static const struct nla_policy dnetmap_prefix_get_nl_policy[DNETMAP_A_PREFIX_PREFIX_LEN + 1] = {
	[DNETMAP_A_PREFIX_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_PREFIX_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
};

/* DNETMAP_CMD_PREFIX_NEW - do */
static const struct nla_policy dnetmap_prefix_new_nl_policy[DNETMAP_A_PREFIX_PREFIX_LEN + 1] = {
	[DNETMAP_A_PREFIX_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_PREFIX_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
};

/* DNETMAP_CMD_PREFIX_SET - do */
static const struct nla_policy dnetmap_prefix_set_nl_policy[DNETMAP_A_PREFIX_FLAGS_MASK + 1] = {
	[DNETMAP_A_PREFIX_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_PREFIX_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
	[DNETMAP_A_PREFIX_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[DNETMAP_A_PREFIX_FLAGS_MASK] = NLA_POLICY_MASK(NLA_U32, 0x3),
};

/* DNETMAP_CMD_PREFIX_DEL - do */
static const struct nla_policy dnetmap_prefix_del_nl_policy[DNETMAP_A_PREFIX_PREFIX_LEN + 1] = {
	[DNETMAP_A_PREFIX_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_PREFIX_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
};

/* DNETMAP_CMD_FLUSH - do */
static const struct nla_policy dnetmap_flush_nl_policy[DNETMAP_A_PREFIX_PREFIX_LEN + 1] = {
	[DNETMAP_A_PREFIX_PREFIX] = { .type = NLA_U32, },
	[DNETMAP_A_PREFIX_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U32, 1, 32),
};

/* DNETMAP_CMD_EVENT_GET - dump */
static const struct nla_policy dnetmap_event_get_nl_policy[DNETMAP_A_EVENT_SEQ + 1] = {
	[DNETMAP_A_EVENT_SEQ] = { .type = NLA_U64, },
};

/* Ops table for dnetmap */
static const struct genl_split_ops dnetmap_nl_ops[] = {
	{
		.cmd		= DNETMAP_CMD_BINDING_GET,
		.doit		= dnetmap_nl_binding_get_doit,
		.policy		= dnetmap_binding_get_do_nl_policy,
		.maxattr	= DNETMAP_A_BINDING_PREFIX_LEN,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DNETMAP_CMD_BINDING_GET,
		.dumpit		= dnetmap_nl_binding_get_dumpit,
		.policy		= dnetmap_binding_get_dump_nl_policy,
		.maxattr	= DNETMAP_A_BINDING_PREFIX_LEN,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= DNETMAP_CMD_BINDING_NEW,
		.doit		= dnetmap_nl_binding_new_doit,
		.policy		= dnetmap_binding_new_nl_policy,
		.maxattr	= DNETMAP_A_BINDINGS_FORCE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DNETMAP_CMD_BINDING_DEL,
		.doit		= dnetmap_nl_binding_del_doit,
		.policy		= dnetmap_binding_del_nl_policy,
		.maxattr	= DNETMAP_A_BINDING_PREFIX_LEN,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DNETMAP_CMD_PREFIX_GET,
		.doit		= dnetmap_nl_prefix_get_doit,
		.policy		= dnetmap_prefix_get_nl_policy,
		.maxattr	= DNETMAP_A_PREFIX_PREFIX_LEN,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= DNETMAP_CMD_PREFIX_GET,
		.dumpit	= dnetmap_nl_prefix_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= DNETMAP_CMD_PREFIX_NEW,
		.doit		= dnetmap_nl_prefix_new_doit,
		.policy		= dnetmap_prefix_new_nl_policy,
		.maxattr	= DNETMAP_A_PREFIX_PREFIX_LEN,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DNETMAP_CMD_PREFIX_SET,
		.doit		= dnetmap_nl_prefix_set_doit,
		.policy		= dnetmap_prefix_set_nl_policy,
		.maxattr	= DNETMAP_A_PREFIX_FLAGS_MASK,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DNETMAP_CMD_PREFIX_DEL,
		.doit		= dnetmap_nl_prefix_del_doit,
		.policy		= dnetmap_prefix_del_nl_policy,
		.maxattr	= DNETMAP_A_PREFIX_PREFIX_LEN,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DNETMAP_CMD_FLUSH,
		.doit		= dnetmap_nl_flush_doit,
		.policy		= dnetmap_flush_nl_policy,
		.maxattr	= DNETMAP_A_PREFIX_PREFIX_LEN,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= DNETMAP_CMD_EVENT_GET,
		.dumpit		= dnetmap_nl_event_get_dumpit,
		.policy		= dnetmap_event_get_nl_policy,
		.maxattr	= DNETMAP_A_EVENT_SEQ,
		.flags		= GENL_CMD_CAP_DUMP,
	},
};

static const struct genl_multicast_group dnetmap_nl_mcgrps[] = {
	[DNETMAP_NLGRP_EVENTS] = { "events", },
};

struct genl_family dnetmap_nl_family __ro_after_init = {
	.name		= DNETMAP_FAMILY_NAME,
	.version	= DNETMAP_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= dnetmap_nl_ops,
	.n_split_ops	= ARRAY_SIZE(dnetmap_nl_ops),
	.mcgrps		= dnetmap_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(dnetmap_nl_mcgrps),
};
