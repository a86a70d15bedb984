app_name = "shopify_sync"
app_title = "Shopify Sync"
app_publisher = "The shopify_sync authors"
app_description = "Keeps Shopify stores and ERPNext in agreement: replay-safe, observable, operable, provable"
app_email = "shopify-sync@example.com"
app_license = "GPL-3.0-or-later"
# With the owner: a bare name makes the installer ask GitHub who that is.
required_apps = ["frappe/erpnext"]

after_install = "shopify_sync.install.after_install"
after_migrate = ["shopify_sync.install.after_migrate"]
before_uninstall = "shopify_sync.install.before_uninstall"

# Of documents that a Shopify record stands behind: the tab with its story.
_STORY_JS = ["public/js/story.js", "public/js/document_story.js"]
_PLAIN_TEXT = "public/js/plain_text.js"
_JSON = "public/js/event_payload.js"
doctype_js = {
	"Sales Order": ["public/js/preview.js", "public/js/sales_order.js", *_STORY_JS],
	"Sales Invoice": _STORY_JS,
	"Delivery Note": _STORY_JS,
	"Payment Entry": _STORY_JS,
	"Customer": _STORY_JS,
	"Item": _STORY_JS,
	**{
		doctype: [_PLAIN_TEXT]
		for doctype in (
			"Sync Conflict",
			"Sync Discrepancy",
			"Sync Operation",
			"Sync Hold",
			"Sync Alert",
			"Shopify Connection",
			"Shopify Backfill",
			"Reconciliation Run",
		)
	},
	"Sync Attempt": [_PLAIN_TEXT, _JSON, "public/js/story.js"],
	"Shopify API Call": [_PLAIN_TEXT, _JSON],
	"Shopify Link": [_PLAIN_TEXT, _JSON],
	"Sync Event": [
		_PLAIN_TEXT,
		"public/js/preview.js",
		"public/js/story.js",
		"public/js/comparison.js",
		"public/js/event_calls.js",
		"public/js/event_fixes.js",
		_JSON,
		"public/js/event_bundle.js",
	],
	"Shopify Store": [
		"public/js/store_connection.js",
		"public/js/store_health.js",
		"public/js/store_setup.js",
		"public/js/store_alerts.js",
	],
}

doc_events = {
	# Whatever a store names: an Item, an account, a warehouse.
	"*": {"after_rename": "shopify_sync.jobs.renames.record_renamed"},
	# Addresses of channels are secrets that Frappe would write to its logs.
	"Webhook Request Log": {"before_insert": "shopify_sync.erpnext_host.alerts.secrets.mask_request_log"},
	"Error Log": {"before_insert": "shopify_sync.erpnext_host.alerts.secrets.mask_error_log"},
	"Item": {"on_update": ["shopify_sync.jobs.requeue.item_saved", "shopify_sync.jobs.outbox.item_saved"]},
	"Stock Ledger Entry": {"on_submit": "shopify_sync.jobs.outbox.stock_ledger_entry_submitted"},
	"Repost Item Valuation": {"on_change": "shopify_sync.jobs.outbox.repost_done"},
	"Product Bundle": {
		"on_update": "shopify_sync.jobs.outbox.bundle_saved",
		"on_trash": "shopify_sync.jobs.outbox.bundle_saved",
	},
	"Warehouse": {"on_update": "shopify_sync.jobs.outbox.warehouse_saved"},
	"Item Group": {"on_update": "shopify_sync.jobs.outbox.item_group_saved"},
	"Sales Order": {"on_update": "shopify_sync.erpnext_host.documents.bins.before_on_submit"},
	"Sales Invoice": {
		"validate": "shopify_sync.erpnext_host.documents.invoices.after_validate",
		"on_update": "shopify_sync.erpnext_host.documents.bins.before_on_submit",
	},
	"Delivery Note": {
		"on_update": "shopify_sync.erpnext_host.documents.bins.before_on_submit",
		"on_submit": "shopify_sync.jobs.outbox.delivery_note_changed",
		"on_cancel": "shopify_sync.jobs.outbox.delivery_note_changed",
		"on_update_after_submit": "shopify_sync.jobs.outbox.delivery_note_changed",
	},
	"Stock Entry": {"on_update": "shopify_sync.erpnext_host.documents.bins.before_on_submit"},
	"Stock Reconciliation": {"on_update": "shopify_sync.erpnext_host.documents.bins.before_on_submit"},
}

scheduler_events = {
	"cron": {
		"* * * * *": ["shopify_sync.jobs.sweep.run", "shopify_sync.jobs.operations.schedule", "shopify_sync.jobs.alerts.run"],
		"*/5 * * * *": [
			"shopify_sync.jobs.connections.run",
			"shopify_sync.jobs.onboarding.run",
			"shopify_sync.jobs.reconcile.schedule",
			"shopify_sync.jobs.backfill.schedule",
			"shopify_sync.jobs.alerts.digests",
		],
	},
}

# Evidence outlives the documents it speaks of, and must never stand in the way of deleting or cancelling one.
ignore_links_on_delete = [
	"Sync Event",
	"Sync Attempt",
	"Shopify Link",
	"Sync Conflict",
	"Shopify Connection",
	"Shopify API Call",
	"Reconciliation Run",
	"Sync Discrepancy",
	"Shopify Backfill",
	"Sync Operation",
	"Sync Hold",
	"Sync Alert",
]

# Days; changed in Log Settings. Sync Event clears its Sync Attempts with it.
default_log_clearing_doctypes = {
	"Sync Event": 90,
	"Sync Conflict": 90,
	"Shopify API Call": 30,
	"Reconciliation Run": 180,
	"Shopify Backfill": 180,
	"Sync Discrepancy": 180,
	"Sync Operation": 180,
	"Sync Hold": 180,
	"Sync Alert": 180,
}
