"""The algorithms of tokenizers, step by step: `trace` wants reasons, where a backend wants speed."""
