"""Reads the evidence of a site: rows for the stories, both sides of a record, and what goes into a bundle."""
