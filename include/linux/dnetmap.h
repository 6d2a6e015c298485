/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	netlink/dnetmap.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_DNETMAP_H
#define _UAPI_LINUX_DNETMAP_H

#define DNETMAP_FAMILY_NAME	"dnetmap"
#define DNETMAP_FAMILY_VERSION	1

/**
 * enum dnetmap_binding_state - What a binding is
 * @DNETMAP_BINDING_STATE_ACTIVE: Until its TTL is over
 * @DNETMAP_BINDING_STATE_STATIC: Until it is removed
 * @DNETMAP_BINDING_STATE_EXPIRED: Its host gets it back while its address is
 *   not given to another one
 */
enum dnetmap_binding_state {
	DNETMAP_BINDING_STATE_ACTIVE,
	DNETMAP_BINDING_STATE_STATIC,
	DNETMAP_BINDING_STATE_EXPIRED,
};

/**
 * enum dnetmap_binding_scope - Within a scope, a host has one binding at most
 * @DNETMAP_BINDING_SCOPE_SHARED: The scope of all prefixes that are not own
 * @DNETMAP_BINDING_SCOPE_OWN: The scope of the binding's prefix
 */
enum dnetmap_binding_scope {
	DNETMAP_BINDING_SCOPE_SHARED,
	DNETMAP_BINDING_SCOPE_OWN,
};

/**
 * enum dnetmap_hold_reasons - Why nobody else gets the address of an expired
 *   binding
 * @DNETMAP_HOLD_REASONS_FLOWS: Conntrack may still have flows of it
 * @DNETMAP_HOLD_REASONS_TIME: It rests
 * @DNETMAP_HOLD_REASONS_PEER: Another gateway has not yet acknowledged the end
 *   of the binding
 */
enum dnetmap_hold_reasons {
	DNETMAP_HOLD_REASONS_FLOWS = 1,
	DNETMAP_HOLD_REASONS_TIME = 2,
	DNETMAP_HOLD_REASONS_PEER = 4,
};

/**
 * enum dnetmap_prefix_flags - Properties of a prefix
 * @DNETMAP_PREFIX_FLAGS_PERSISTENT: It outlives its rules
 * @DNETMAP_PREFIX_FLAGS_OWN: Its bindings are a scope of their own
 */
enum dnetmap_prefix_flags {
	DNETMAP_PREFIX_FLAGS_PERSISTENT = 1,
	DNETMAP_PREFIX_FLAGS_OWN = 2,
};

/**
 * enum dnetmap_event_kind - What has happened
 * @DNETMAP_EVENT_KIND_ADD: A binding has become active
 * @DNETMAP_EVENT_KIND_END: An active binding has ended
 * @DNETMAP_EVENT_KIND_PASS: Another prefix holds an active binding from now on
 * @DNETMAP_EVENT_KIND_PREFIX_NEW: A prefix begins
 * @DNETMAP_EVENT_KIND_PREFIX_SET: Flags of a prefix have changed
 * @DNETMAP_EVENT_KIND_PREFIX_END: A prefix has ended, with all active bindings
 *   that it held
 * @DNETMAP_EVENT_KIND_FLUSH: All active bindings with an address in the prefix
 *   have ended
 * @DNETMAP_EVENT_KIND_NO_ADDRESS: A host did not get an address; told once for
 *   each shortage
 * @DNETMAP_EVENT_KIND_NO_MEMORY: A host did not get a binding for lack of
 *   memory
 */
enum dnetmap_event_kind {
	DNETMAP_EVENT_KIND_ADD,
	DNETMAP_EVENT_KIND_END,
	DNETMAP_EVENT_KIND_PASS,
	DNETMAP_EVENT_KIND_PREFIX_NEW,
	DNETMAP_EVENT_KIND_PREFIX_SET,
	DNETMAP_EVENT_KIND_PREFIX_END,
	DNETMAP_EVENT_KIND_FLUSH,
	DNETMAP_EVENT_KIND_NO_ADDRESS,
	DNETMAP_EVENT_KIND_NO_MEMORY,
};

/**
 * enum dnetmap_end_reason - Why a binding has ended
 * @DNETMAP_END_REASON_TIMEOUT: Its TTL is over
 * @DNETMAP_END_REASON_DELETED: A request or a command has named it
 * @DNETMAP_END_REASON_REPLACED: Another binding takes its host or its address
 * @DNETMAP_END_REASON_RIVAL: Its host has another binding in the same scope,
 *   which stays
 * @DNETMAP_END_REASON_PREFIX: Its prefix ends or is flushed, and its host or
 *   its address had a new binding before that was told
 */
enum dnetmap_end_reason {
	DNETMAP_END_REASON_TIMEOUT,
	DNETMAP_END_REASON_DELETED,
	DNETMAP_END_REASON_REPLACED,
	DNETMAP_END_REASON_RIVAL,
	DNETMAP_END_REASON_PREFIX,
};

enum {
	DNETMAP_A_BINDING_PRENAT = 1,
	DNETMAP_A_BINDING_PRENAT_LEN,
	DNETMAP_A_BINDING_STATE,
	DNETMAP_A_BINDING_POSTNAT,
	DNETMAP_A_BINDING_PREFIX,
	DNETMAP_A_BINDING_PREFIX_LEN,
	DNETMAP_A_BINDING_SCOPE,
	DNETMAP_A_BINDING_TTL,
	DNETMAP_A_BINDING_ENDED,
	DNETMAP_A_BINDING_LAST_HIT,
	DNETMAP_A_BINDING_HELD,
	DNETMAP_A_BINDING_EVENT_SEQ,
	DNETMAP_A_BINDING_INCARNATION,
	DNETMAP_A_BINDING_PAD,

	__DNETMAP_A_BINDING_MAX,
	DNETMAP_A_BINDING_MAX = (__DNETMAP_A_BINDING_MAX - 1)
};

enum {
	DNETMAP_A_BINDINGS_BINDING = 1,
	DNETMAP_A_BINDINGS_FORCE,

	__DNETMAP_A_BINDINGS_MAX,
	DNETMAP_A_BINDINGS_MAX = (__DNETMAP_A_BINDINGS_MAX - 1)
};

enum {
	DNETMAP_A_PREFIX_PREFIX = 1,
	DNETMAP_A_PREFIX_PREFIX_LEN,
	DNETMAP_A_PREFIX_FLAGS,
	DNETMAP_A_PREFIX_FLAGS_MASK,
	DNETMAP_A_PREFIX_RULES,
	DNETMAP_A_PREFIX_USABLE,
	DNETMAP_A_PREFIX_ACTIVE,
	DNETMAP_A_PREFIX_STATIC,
	DNETMAP_A_PREFIX_EXPIRED,
	DNETMAP_A_PREFIX_PEAK,
	DNETMAP_A_PREFIX_ADDED,
	DNETMAP_A_PREFIX_REACTIVATED,
	DNETMAP_A_PREFIX_TIMED_OUT,
	DNETMAP_A_PREFIX_REMOVED,
	DNETMAP_A_PREFIX_RECYCLED,
	DNETMAP_A_PREFIX_REFUSED,
	DNETMAP_A_PREFIX_REFUSED_ANY,
	DNETMAP_A_PREFIX_EVENTS_LOST,
	DNETMAP_A_PREFIX_EVENT_SEQ,
	DNETMAP_A_PREFIX_INCARNATION,
	DNETMAP_A_PREFIX_PAD,

	__DNETMAP_A_PREFIX_MAX,
	DNETMAP_A_PREFIX_MAX = (__DNETMAP_A_PREFIX_MAX - 1)
};

enum {
	DNETMAP_A_EVENT_SEQ = 1,
	DNETMAP_A_EVENT_INCARNATION,
	DNETMAP_A_EVENT_KIND,
	DNETMAP_A_EVENT_PRENAT,
	DNETMAP_A_EVENT_POSTNAT,
	DNETMAP_A_EVENT_PREFIX,
	DNETMAP_A_EVENT_PREFIX_LEN,
	DNETMAP_A_EVENT_FLAGS,
	DNETMAP_A_EVENT_REASON,
	DNETMAP_A_EVENT_STATE,
	DNETMAP_A_EVENT_TTL,
	DNETMAP_A_EVENT_BOOTTIME,
	DNETMAP_A_EVENT_REALTIME,
	DNETMAP_A_EVENT_PAD,

	__DNETMAP_A_EVENT_MAX,
	DNETMAP_A_EVENT_MAX = (__DNETMAP_A_EVENT_MAX - 1)
};

enum {
	DNETMAP_CMD_BINDING_GET = 1,
	DNETMAP_CMD_BINDING_NEW,
	DNETMAP_CMD_BINDING_DEL,
	DNETMAP_CMD_PREFIX_GET,
	DNETMAP_CMD_PREFIX_NEW,
	DNETMAP_CMD_PREFIX_SET,
	DNETMAP_CMD_PREFIX_DEL,
	DNETMAP_CMD_FLUSH,
	DNETMAP_CMD_EVENT_GET,
	DNETMAP_CMD_EVENT_NTF,

	__DNETMAP_CMD_MAX,
	DNETMAP_CMD_MAX = (__DNETMAP_CMD_MAX - 1)
};

#define DNETMAP_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_DNETMAP_H */
