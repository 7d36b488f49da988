"""What people and outside agents exchange with a stored dataset: texts found, work handed out, answers taken back."""
