"""What a model makes of discovered categories, every change checked by code."""
