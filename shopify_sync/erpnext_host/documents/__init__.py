"""Reading and writing ERPNext's documents, one module per family."""
