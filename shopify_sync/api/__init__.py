"""The only whitelisted functions. Thin: check, call, answer."""
