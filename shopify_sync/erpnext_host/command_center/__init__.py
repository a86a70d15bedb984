"""What the command center shows: health, failures by cause, single events, and the fixes that can be made from there."""
