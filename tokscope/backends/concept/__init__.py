"""`concept`: the units of concept models: sentences, continuous thoughts, or codes of sentences' vectors."""

from __future__ import annotations

from tokscope.tokenizer import Tokenizer
from tokscope.tokenizer.spec import Spec

OPTIONS = {"": ("cap",), "latent": ("stage", "most", "per", "pad"), "quant": ("levels", "cap")}
"""What `concept`, `concept:latent` and `concept:quant` can be told."""


def load(spec: Spec) -> Tokenizer:
    """Build the tokenizer of `concept` or a variant. Raises UsageError for an option that it ignores.

    Example: load(Spec("concept", options={"cap": "80"})).name -> "concept?cap=80"
    """
    spec.only(OPTIONS[spec.argument], str(spec._replace(options={})))
    if spec.argument == "latent":
        from tokscope.backends.concept.thoughts import load as load_thoughts

        return load_thoughts(spec)
    if spec.argument == "quant":
        from tokscope.backends.concept.quant import load as load_quant

        return load_quant(spec)
    from tokscope.backends.concept.sentences import load as load_sentences

    return load_sentences(spec)
