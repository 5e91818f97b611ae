"""Learn a vocabulary or a model from texts."""
