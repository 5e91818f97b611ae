"""Weights: the rows of a model behind the ids of its tokenizer."""
