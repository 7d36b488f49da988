"""What the columns hold: an exact profile per partition, the schema over partitions, and association statistics."""
