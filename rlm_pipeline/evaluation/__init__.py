"""Comparing what was discovered with what is known: agreement figures, and a support desk whose truth is planted."""
