"""Figures as pure functions of a snapshot and a style."""
