"""References meet numerics, and time passes."""
