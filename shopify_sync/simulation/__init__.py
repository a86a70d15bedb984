"""The engine in a simulated world: stores, people, clocks, crashes and a network that fails, all made from one seed."""
