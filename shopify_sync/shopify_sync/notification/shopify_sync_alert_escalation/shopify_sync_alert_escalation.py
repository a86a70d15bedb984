"""Frappe imports the module of a standard Notification; the texts are in the document and in its HTML file."""
