"""Alerts on a site: what is looked at, the rows of Sync Alert, who is told through which channel, and the digest."""
