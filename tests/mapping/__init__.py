"""docs/mapping.md, written by the code: `make mapping`. Each value of a payload is changed, and what changes in the plan is where it goes."""
