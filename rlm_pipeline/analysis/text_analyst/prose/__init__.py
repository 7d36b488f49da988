"""Prose: what its sections are about, what it defines, and what it refers to."""
