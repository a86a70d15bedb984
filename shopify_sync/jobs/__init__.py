"""What RQ, the scheduler and doc events run. Thin: they call the engine and the hosts."""
