"""assets/forge room."""
