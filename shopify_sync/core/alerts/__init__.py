"""When people are told that a store needs them: conditions with thresholds, the life of an alert, quiet hours, the digest. Pure."""
