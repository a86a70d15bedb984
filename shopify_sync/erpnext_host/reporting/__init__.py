"""What the script reports share: their filters, the shape of what they answer, and how much was compared."""
