"""How a shop's webhooks come to whoever subscribed to them: late, twice, out of order or not at all, if so wished."""
