"""Configuration in, engine object out: what the assets are given."""
