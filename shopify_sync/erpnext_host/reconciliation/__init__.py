"""Reconciliation on a site: ERPNext read in sets, what was found kept as Sync Discrepancies, runs that go on where they were."""
