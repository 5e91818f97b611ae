"""Gate: rules about tokens, what breaks them, and what has changed since."""
