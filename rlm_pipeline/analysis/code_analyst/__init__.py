"""The code analyst."""
