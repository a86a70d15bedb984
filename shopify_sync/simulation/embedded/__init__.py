"""The embedded host in a simulated world: its database, workers and network, where every step may fail."""
