"""The json analyst."""
