"""What operators do: on record before it is done, carried out once, in the background where it is much."""
