"""Dimensions that a model asks for: questions it proposes, their answers grouped, gated and carried to every record."""
