"""A Shopify store on 127.0.0.1: real GraphQL schema, real signatures, switchable faults. Nothing here is used in production."""
