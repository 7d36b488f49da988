"""What the records say: reading plan, analysts, findings with verified citations, statements."""
