"""Stock that comes in: `resource` decides about an inventory level, `stock_rules` how it is booked. What goes out is in `outbound`."""
