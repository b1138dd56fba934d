"""correspondence room."""
