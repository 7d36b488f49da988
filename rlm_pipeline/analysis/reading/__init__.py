"""Readings: what a model is given to read, in which order, and what becomes of its answers."""
