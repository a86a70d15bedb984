"""Products: which Item each variant is, and what becomes of Items when products change.

`resource` decides about products, `inventory_items` about what is counted; `item_links` finds the Item, `item_import` makes one,
`item_conflicts` is a changed SKU, `item_deletions` what is no more.
"""
