"""The ports on Frappe and ERPNext: event log, links, settings, and one module per document family."""
