"""A look inside: letters, levels, vocabularies, glitch tokens, and the catalogue of tokenizers."""
