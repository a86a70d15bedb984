"""The tables of the embedded host. Times are text in UTC (times.py), ids and money are text, structures are JSON."""

from __future__ import annotations

#: Stands in the file as `PRAGMA user_version`; a file of a later version is refused.
VERSION = 10

#: The fields that both sides changed: one row for each field of a link.
_CONFLICT = """
CREATE TABLE IF NOT EXISTS sync_conflict (
	link TEXT NOT NULL,
	field TEXT NOT NULL,
	event TEXT NOT NULL,
	status TEXT NOT NULL,
	document_type TEXT NOT NULL,
	document_name TEXT NOT NULL,
	base TEXT,
	erpnext TEXT,
	shopify TEXT,
	erpnext_by TEXT NOT NULL DEFAULT '',
	erpnext_at TEXT NOT NULL DEFAULT '',
	shopify_at TEXT NOT NULL DEFAULT '',
	resolution TEXT,
	resolved_by TEXT,
	PRIMARY KEY (link, field)
);
"""

#: What is known of each store's right to call Shopify, and the evidence of every call.
_CONNECTION = """
CREATE TABLE IF NOT EXISTS connection (
	store TEXT PRIMARY KEY,
	sign_in TEXT NOT NULL DEFAULT '{}',
	access_token TEXT NOT NULL DEFAULT '',
	refresh_token TEXT NOT NULL DEFAULT '',
	circuit TEXT NOT NULL DEFAULT '{}',
	history TEXT NOT NULL DEFAULT '[]',
	answered_version TEXT NOT NULL DEFAULT '',
	deprecated TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS api_call (
	name TEXT PRIMARY KEY,
	store TEXT NOT NULL,
	operation TEXT NOT NULL,
	priority TEXT NOT NULL,
	key TEXT,
	variables TEXT NOT NULL,
	events TEXT NOT NULL DEFAULT '',
	api_version TEXT NOT NULL,
	outcome TEXT NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,
	http_status INTEGER,
	request_id TEXT NOT NULL DEFAULT '',
	answered_version TEXT NOT NULL DEFAULT '',
	category TEXT,
	message TEXT NOT NULL DEFAULT '',
	requested_cost REAL,
	actual_cost REAL,
	points_left REAL,
	started_at TEXT NOT NULL,
	ended_at TEXT
);
CREATE INDEX IF NOT EXISTS api_call_key ON api_call (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS api_call_started ON api_call (store, started_at);
"""

#: What reconciliation found, and how far its runs are.
_RECONCILIATION = """
CREATE TABLE IF NOT EXISTS reconciliation_run (
	name TEXT PRIMARY KEY,
	store TEXT NOT NULL,
	depth TEXT NOT NULL,
	since TEXT,
	until TEXT NOT NULL,
	kept_at TEXT NOT NULL,
	ended_at TEXT,
	found TEXT NOT NULL,
	healed TEXT NOT NULL,
	stopped TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS discrepancy (
	key TEXT PRIMARY KEY,
	store TEXT NOT NULL,
	link TEXT NOT NULL,
	label TEXT NOT NULL,
	kind TEXT NOT NULL,
	field TEXT NOT NULL,
	status TEXT NOT NULL,
	shopify TEXT NOT NULL,
	erpnext TEXT NOT NULL,
	amount TEXT,
	unit TEXT NOT NULL,
	document_type TEXT,
	document_name TEXT,
	cause TEXT NOT NULL,
	event TEXT,
	changed_by TEXT,
	changed_at TEXT,
	proposal TEXT NOT NULL,
	first_seen TEXT NOT NULL,
	last_seen TEXT NOT NULL,
	times_seen INTEGER NOT NULL,
	first_run TEXT NOT NULL,
	last_run TEXT NOT NULL,
	healed_by TEXT NOT NULL DEFAULT '',
	samples TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX IF NOT EXISTS discrepancy_link ON discrepancy (link);
"""

DDL = """
CREATE TABLE IF NOT EXISTS sync_event (
	name TEXT PRIMARY KEY,
	store TEXT NOT NULL,
	source TEXT NOT NULL,
	topic TEXT NOT NULL,
	resource TEXT,
	shopify_id TEXT,
	link TEXT,
	version TEXT,
	updated_at TEXT,
	label TEXT NOT NULL DEFAULT '',
	status TEXT NOT NULL,
	category TEXT,
	message TEXT NOT NULL DEFAULT '',
	payload_hash TEXT NOT NULL,
	api_version TEXT NOT NULL DEFAULT '',
	event_id TEXT NOT NULL DEFAULT '',
	triggered_at TEXT NOT NULL DEFAULT '',
	received_at TEXT NOT NULL,
	last_seen_at TEXT NOT NULL,
	deliveries INTEGER NOT NULL DEFAULT 1,
	attempts INTEGER NOT NULL DEFAULT 0,
	due_at TEXT,
	claimed_at TEXT,
	lease TEXT,
	worker TEXT,
	missing TEXT,
	not_applied TEXT NOT NULL DEFAULT '[]',
	document_type TEXT,
	document_name TEXT,
	superseded_by TEXT,
	finished_at TEXT,
	discard_reason TEXT NOT NULL DEFAULT '',
	look_again INTEGER NOT NULL DEFAULT 0,
	part_of TEXT,
	direction TEXT NOT NULL DEFAULT 'Inbound',
	open_key TEXT,
	echo_of TEXT,
	signed_with TEXT,
	payload TEXT NOT NULL
);
-- All work, and nothing but work, has a due_at: waiting, waiting for a retry, or held by a worker until its lease ends.
CREATE INDEX IF NOT EXISTS sync_event_due ON sync_event (direction, due_at) WHERE due_at IS NOT NULL;
-- Of each resource on its way to Shopify there is one open event, however much changes.
CREATE UNIQUE INDEX IF NOT EXISTS sync_event_open ON sync_event (open_key) WHERE open_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS sync_event_link ON sync_event (link, version);
CREATE INDEX IF NOT EXISTS sync_event_part_of ON sync_event (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX IF NOT EXISTS sync_event_status ON sync_event (status, received_at);
CREATE INDEX IF NOT EXISTS sync_event_received ON sync_event (received_at);
CREATE TABLE IF NOT EXISTS sync_attempt (
	id INTEGER PRIMARY KEY,
	event TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	action TEXT NOT NULL,
	outcome TEXT NOT NULL,
	category TEXT,
	message TEXT NOT NULL DEFAULT '',
	user TEXT,
	reason TEXT NOT NULL DEFAULT '',
	worker TEXT NOT NULL DEFAULT '',
	started_at TEXT NOT NULL,
	ended_at TEXT NOT NULL,
	restarts INTEGER NOT NULL DEFAULT 0,
	changes TEXT NOT NULL DEFAULT '[]',
	reads TEXT NOT NULL DEFAULT '{}',
	detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sync_attempt_event ON sync_attempt (event);
CREATE TABLE IF NOT EXISTS shopify_link (
	key TEXT PRIMARY KEY,
	document_type TEXT,
	document_name TEXT,
	version TEXT,
	last_event TEXT,
	agreed TEXT NOT NULL DEFAULT '{}',
	facts TEXT NOT NULL DEFAULT '{}',
	compared_by TEXT
);
CREATE INDEX IF NOT EXISTS shopify_link_document ON shopify_link (document_type, document_name);
CREATE TABLE IF NOT EXISTS document (
	doctype TEXT NOT NULL,
	name TEXT NOT NULL,
	shopify_key TEXT UNIQUE,
	docstatus INTEGER NOT NULL DEFAULT 0,
	data TEXT NOT NULL,
	PRIMARY KEY (doctype, name)
);
CREATE INDEX IF NOT EXISTS contact_email ON document (lower(json_extract(data, '$.email_id'))) WHERE doctype = 'Contact';
CREATE INDEX IF NOT EXISTS item_barcode ON document (json_extract(data, '$.barcode')) WHERE doctype = 'Item';
CREATE INDEX IF NOT EXISTS note_order ON document (json_extract(data, '$.sales_order')) WHERE doctype = 'Delivery Note';
CREATE TABLE IF NOT EXISTS setting (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
"""
DDL += _CONFLICT + _CONNECTION + _RECONCILIATION
#: What a file of an earlier version lacks, by the version that brought it.
UPGRADES = {
	2: "ALTER TABLE sync_event ADD COLUMN look_again INTEGER NOT NULL DEFAULT 0;",
	3: "ALTER TABLE shopify_link ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';",
	4: _CONFLICT,
	5: "ALTER TABLE sync_event ADD COLUMN part_of TEXT; "
	"CREATE INDEX sync_event_part_of ON sync_event (part_of) WHERE part_of IS NOT NULL;",
	6: "ALTER TABLE sync_event ADD COLUMN direction TEXT NOT NULL DEFAULT 'Inbound'; "
	"ALTER TABLE sync_event ADD COLUMN open_key TEXT; ALTER TABLE sync_event ADD COLUMN echo_of TEXT; "
	"DROP INDEX sync_event_due; CREATE INDEX sync_event_due ON sync_event (direction, due_at) WHERE due_at IS NOT NULL; "
	"CREATE UNIQUE INDEX sync_event_open ON sync_event (open_key) WHERE open_key IS NOT NULL; "
	"CREATE INDEX shopify_link_document ON shopify_link (document_type, document_name);",
	7: _CONNECTION,
	8: "CREATE INDEX note_order ON document (json_extract(data, '$.sales_order')) WHERE doctype = 'Delivery Note';",
	9: "ALTER TABLE shopify_link ADD COLUMN compared_by TEXT;" + _RECONCILIATION,
	10: "ALTER TABLE sync_event ADD COLUMN signed_with TEXT;",
}


def script(version: int) -> str:
	"""Return what brings a file of *version* (0: an empty one) to this one's, in one transaction."""
	changes = DDL if version == 0 else "".join(change for since, change in UPGRADES.items() if since > version)
	return f"BEGIN IMMEDIATE; {changes} PRAGMA user_version = {VERSION}; COMMIT;"
