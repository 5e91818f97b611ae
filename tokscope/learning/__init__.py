"""Learning: vocabularies and byte models learned from texts."""
