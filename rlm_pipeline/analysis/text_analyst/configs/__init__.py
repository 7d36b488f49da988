"""Configuration: keys that disagree, secrets, references, and what is commented out."""
