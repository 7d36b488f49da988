"""Text without columns: plain text, Markdown, reStructuredText, HTML and mail, as blocks below their headings."""
