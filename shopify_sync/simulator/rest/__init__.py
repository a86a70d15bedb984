"""REST-shaped JSON, as webhooks and the legacy REST API carry it in every version to date."""
