"""The life of an order, as a table: what Shopify says, and which documents and ledger sums must stand in ERPNext afterwards.

`cases/` holds the table, grouped by subject. Each case is a story of a made-up order (steps.py) and literal expectations
(expectations.py) that a reader can check with pencil and paper: nothing in them is computed by the product. `check.py` carries a
case out on a ground: the embedded host, or a real site with its General Ledger.
"""
