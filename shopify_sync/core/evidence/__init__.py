"""The evidence as people read it: an event's story, both sides of a record, and bundles that a laptop can replay."""
