"""Backfills on a site: runs that go on where they were, records put before the workers as there is room, and rehearsals."""
