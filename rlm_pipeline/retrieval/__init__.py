"""Finding chunks again: encoders, vectors, words, and the two combined."""
