"""functions room."""
