"""Shows what the service knows, in a browser."""
