"""Fitting: what makes a text fit, and what it takes where it does."""
