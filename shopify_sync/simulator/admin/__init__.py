"""Shopify's Admin GraphQL API over the state of a simulated shop."""
