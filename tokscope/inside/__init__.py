"""A look inside: letters, levels, vocabularies, and the catalogue of tokenizers."""
