"""Reconciliation: what both sides have is compared, and every difference is named, explained and, where that is safe, healed."""
