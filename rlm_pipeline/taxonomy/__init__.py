"""The taxonomy: dimensions discovered, records labelled, relationships and trends stated, and all of it published."""
