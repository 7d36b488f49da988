"""Source code: told from other text, left out where nobody wrote it, and read definition by definition."""
