"""Fitting: how to make a text fit, and what it costs."""
