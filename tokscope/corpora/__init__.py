"""Corpora: many documents in files, cut into partitions that workers anywhere take through tokenizers."""
