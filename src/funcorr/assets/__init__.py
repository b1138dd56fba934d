"""assets room."""
