"""The import of what a store has already: which records, in which order, how fast, and what would fail, told before."""
