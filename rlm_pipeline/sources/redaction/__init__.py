"""Personal data that has a pattern, replaced by stable placeholders while records are stored."""
