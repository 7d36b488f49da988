"""Logs: lines and the lines that belong to them, their headers, and the templates of their messages."""
