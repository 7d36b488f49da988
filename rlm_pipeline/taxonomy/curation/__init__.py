"""What a person decided, carried out on every run: on labels, and on the taxonomy that is published."""
