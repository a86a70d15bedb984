"""The way out: what changed in ERPNext is marked in the outbox, and pushed to Shopify.

`marks` is what a change in ERPNext leaves behind; `pusher` takes the marks and carries them out; `stock` and `fulfillments`
decide what to say to Shopify. What comes back of it as a webhook is told by `echo`.
"""
