"""Orders: what an order of Shopify's should be in ERPNext.

`resource` decides; `states` says which documents a state asks for, and `documents` plans them with one module for each family.
`pricing`, `refunds`, `lines`, `taxes` and `fields` make the figures and rows; `memory` and `facts` are what is remembered in the link;
`parts` is what comes in messages of its own: `transactions` and `fulfillments`.
"""
