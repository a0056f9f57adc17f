"""Evaluates losses on lines and planes of weight space."""
