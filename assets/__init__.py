"""Dagster only: thin assets over the engine, their checks, and the command line."""
