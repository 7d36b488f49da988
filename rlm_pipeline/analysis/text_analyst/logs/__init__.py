"""Logs: when records are, which of them say failure, and where they crowd."""
