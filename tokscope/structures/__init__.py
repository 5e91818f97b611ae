"""Molecules and graphs: what they are, how files hold them, and what can be computed of them."""
