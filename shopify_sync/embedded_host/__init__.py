"""The embedded host: the same engine on SQLite and threads, with no Frappe and no server.

It stores documents in ERPNext's words and checks their totals. It does not imitate ERPNext's accounting: no ledger, no
validation of a document beyond what its modules say.
"""
