"""JSON documents and JSON lines -> records: objects flattened to columns, every path counted with its types."""
