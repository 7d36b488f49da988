"""The text analyst."""
