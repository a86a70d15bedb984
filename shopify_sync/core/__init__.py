"""The rules. Nothing in here imports frappe, erpnext or shopify, opens a file or a socket, or looks at the clock."""
