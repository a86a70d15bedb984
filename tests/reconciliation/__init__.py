"""Reconciliation without a server: the embedded host, a simulated shop, everything in one process."""
