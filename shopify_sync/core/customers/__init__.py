"""Customers: which Customer, Contact and Addresses a customer of Shopify's is, and what both sides may change.

`resource` decides about customers, `parties` about those whom orders name; `three_way` and `conflicts` say who is right; `merge`,
`deletion`, `redaction` and `consent` are events of their own.
"""
