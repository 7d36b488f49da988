"""Findings made into one: sums over batches and partitions, themes, conflicts."""
