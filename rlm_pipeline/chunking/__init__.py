"""Records cut into what a reader sees at once; each kind of content has its own module."""
