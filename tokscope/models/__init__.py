"""The models that people run: their names, limits and prices."""
