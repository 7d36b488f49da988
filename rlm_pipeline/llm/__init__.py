"""What is asked of a model: requests in, checked answers out, every call in the ledger."""
