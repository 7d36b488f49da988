"""Delimited text: its shape, its records, and how they reach a records table."""
