"""What this app says to Shopify's Admin GraphQL API."""
