"""Bytes to records: finds files, sorts them into fiscal years, reads every record or sets it aside with a reason."""
