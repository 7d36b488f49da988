"""Configuration files: YAML, TOML and INI, as their leaf values by key path."""
