"""Remembers tiles."""
