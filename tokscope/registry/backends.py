"""The table of backends: each family of tokenizer, where its code is, and what may be in its spec."""

from __future__ import annotations

from typing import NamedTuple

from tokscope.tokenizer import Kind


class Backend(NamedTuple):
    """One family of tokenizer: where its code is, and what may be in its spec.

    `load` is "module:function", a function Spec -> Tokenizer. `variants` are the words that may follow the
    colon ("" when none need to), or None where a file or a name follows. `options` may follow the "?".
    `scheme` shows what follows the colon where `variants` is None; nothing need follow where one `ships`.
    `estimates` are the variants whose ids or counts are not the reference implementation's. `takes` are the
    kinds of document that it can cut.

    Example: BACKENDS["char"].variants -> ("", "codepoint")
    """

    load: str
    family: str
    summary: str
    variants: tuple[str, ...] | None = None
    options: tuple[str, ...] = ()
    scheme: str = ""
    ships: bool = False
    licence: str = "MIT"
    source: str = "built in"
    estimates: tuple[str, ...] = ()
    takes: tuple[Kind, ...] = (Kind.TEXT,)


BACKENDS: dict[str, Backend] = {
    "char": Backend(
        "tokscope.backends.char:load",
        "characters",
        "grapheme clusters (UAX #29); char:codepoint for code points",
        variants=("", "codepoint"),
        source="regex",
    ),
    "byte": Backend(
        "tokscope.backends.byte:load",
        "bytes",
        "UTF-8 bytes; byte:utf-16 and byte:utf-32 for code units",
        variants=("", "utf-8", "utf-16", "utf-32"),
    ),
    "word": Backend(
        "tokscope.backends.word:load",
        "words",
        "Unicode words (UAX #29); word:space for white space, word:stem and word:lemma for base forms",
        variants=("", "space", "stem", "lemma"),
        options=("lang",),
        source="regex",
    ),
    "jieba": Backend(
        "tokscope.backends.jieba:load",
        "words",
        "Chinese words: accurate mode; jieba:full, jieba:search, jieba:nohmm",
        variants=("", "full", "search", "nohmm"),
        options=("dict", "main"),
        source="jieba, rjieba",
    ),
    "blt": Backend(
        "tokscope.backends.blt:load",
        "patches",
        "Byte Latent Transformer patches: blt:entropy, blt:monotonic, blt:space, blt:static?k=4, blt:bpe",
        variants=("entropy", "monotonic", "space", "static", "bpe"),
        options=(
            *("theta", "theta_add", "patch_size", "entropies", "model", "encoding"),
            *("k", "of", "predicted", "max_patch"),
        ),
        source="facebookresearch/blt's rules; an n-gram model of our own",
        estimates=("entropy", "monotonic"),
    ),
    "neural": Backend(
        "tokscope.backends.neural:load",
        "patches",
        "patches by a neural byte model, tokscope's own or one of tokscope train neural; ?rule=entropy",
        options=("rule", "theta", "theta_add", "max_patch"),
        scheme="neural:FILE",
        ships=True,
    ),
    "concept": Backend(
        "tokscope.backends.concept:load",
        "sentences",
        "sentences, as for a Large Concept Model; concept:latent thoughts, concept:quant codes of vectors",
        variants=("", "latent", "quant"),
        options=("cap", "stage", "most", "per", "pad", "levels"),
        source="nupunkt, regex; wordllama",
        estimates=("", "latent", "quant"),
    ),
    "phrase": Backend(
        "tokscope.backends.phrase:load",
        "phrases",
        "noun and verb phrases, of Chinese and English",
        variants=("",),
        licence="MIT; HanTa LGPL-3.0",
        source="rjieba, HanTa",
        estimates=("",),
    ),
    "bpe": Backend(
        "tokscope.backends.bpe:load",
        "BPE",
        "a shipped byte-level BPE vocabulary",
        options=("special",),
        scheme="bpe:NAME",
    ),
    "adapted": Backend(
        "tokscope.backends.adapted:load",
        "BPE",
        "a shipped BPE vocabulary with the tokens that tokscope adapt added",
        scheme="adapted:FILE",
    ),
    "tekken": Backend(
        "tokscope.backends.tekken:load",
        "BPE",
        "a tekken.json of Mistral's",
        scheme="tekken:FILE",
    ),
    "tiktoken": Backend(
        "tokscope.backends.tiktoken:load",
        "BPE",
        "a .tiktoken file of ranks; ?pattern= names the vocabulary whose split pattern it uses",
        options=("pattern", "special"),
        scheme="tiktoken:FILE?pattern=NAME",
    ),
    "wordpiece": Backend(
        "tokscope.backends.wordpiece:load",
        "WordPiece",
        "a BERT vocab.txt; ?lower=false keeps case and accents",
        options=("lower",),
        scheme="wordpiece:FILE",
    ),
    "sentencepiece": Backend(
        "tokscope.backends.sentencepiece:load",
        "SentencePiece",
        "a SentencePiece .model: Unigram or BPE",
        scheme="sp:FILE",
    ),
    "hf": Backend(
        "tokscope.backends.hf:load",
        "any",
        "a tokenizer.json, from a file or from a Hugging Face repository",
        scheme="hf:FILE or hf:ORG/REPO",
    ),
    "smiles": Backend(
        "tokscope.backends.smiles:load",
        "molecules",
        "SMILES by the published regular expression; smiles:char for characters",
        variants=("", "char"),
        options=("vocab",),
        source="Schwaller et al. 2019",
        takes=(Kind.MOLECULES,),
    ),
    "selfies": Backend(
        "tokscope.backends.selfies:load",
        "molecules",
        "the symbols of SELFIES; needs the extra [chem]",
        variants=("",),
        options=("vocab", "pad"),
        licence="Apache-2.0",
        source="selfies",
        takes=(Kind.MOLECULES,),
    ),
    "graphsgpt": Backend(
        "tokscope.backends.graphsgpt:load",
        "molecules",
        "GraphsGPT's atoms and bonds, without the ids of bonds; needs the extra [chem]",
        variants=("",),
        options=("bonds", "words"),
        licence="MIT; RDKit BSD-3-Clause",
        source="A4Bio/GraphsGPT, RDKit",
        takes=(Kind.MOLECULES,),
    ),
    "molebert": Backend(
        "tokscope.backends.molebert:load",
        "molecules",
        "a token for each atom, in Mole-BERT's ranges; ?codes= your own codebook; needs the extra [chem]",
        variants=("",),
        options=("codes",),
        licence="MIT; RDKit BSD-3-Clause",
        source="junxia97/Mole-BERT, RDKit",
        takes=(Kind.MOLECULES,),
    ),
    "graph": Backend(
        "tokscope.backends.graph:load",
        "graphs",
        "a graph as text: graph:text?as=adjacency|edges|incident|graphml&t=NAME; needs the extra [graph]",
        variants=("text",),
        options=("as", "t"),
        source="any tokenizer of text",
        takes=(Kind.GRAPH,),
    ),
    "nagphormer": Backend(
        "tokscope.backends.nagphormer:load",
        "graphs",
        "a token for each of ?hops= (7) hops around each node; needs the extra [graph]",
        variants=("",),
        options=("hops", "node"),
        source="JHL-HUST/NAGphormer",
        takes=(Kind.GRAPH,),
    ),
    "llaga": Backend(
        "tokscope.backends.llaga:load",
        "graphs",
        "LLaGA's node sequences: llaga:nd?s=10&h=2&seed=0, llaga:ho?h=4; needs the extra [graph]",
        variants=("nd", "ho"),
        options=("s", "h", "seed", "node", "hide"),
        source="VITA-Group/LLaGA",
        takes=(Kind.GRAPH,),
    ),
    "graphgpt": Backend(
        "tokscope.backends.graphgpt:load",
        "graphs",
        "GraphGPT's prompt: a token for each node, and two around them",
        variants=("",),
        options=("ends",),
        source="HKUDS/GraphGPT",
        takes=(Kind.GRAPH,),
    ),
    "graphtranslator": Backend(
        "tokscope.backends.graphgpt:load",
        "graphs",
        "GraphTranslator's 32 query tokens",
        variants=("",),
        source="alibaba/GraphTranslator",
        takes=(Kind.GRAPH,),
    ),
    "teaglm": Backend(
        "tokscope.backends.graphgpt:load",
        "graphs",
        "TEA-GLM's 5 tokens for a node or a graph",
        variants=("",),
        options=("n",),
        source="W-rudder/TEA-GLM",
        takes=(Kind.GRAPH,),
    ),
    "media": Backend(
        "tokscope.backends.media:load",
        "media",
        "a model's rules for pictures, sound, video and PDF; other models have them beside their text",
        scheme="media:MODEL",
        source="the vendors' pages and measured bills; see media/rules.csv",
        takes=(Kind.PICTURE, Kind.SOUND, Kind.VIDEO, Kind.PDF),
    ),
    "vq": Backend(
        "tokscope.backends.vq:load",
        "picture codes",
        "patches of a picture as numbers of a codebook of tokscope train vq; needs the extra [media]",
        scheme="vq:FILE",
        source="your own pictures",
        takes=(Kind.PICTURE,),
    ),
    "estimate": Backend(
        "tokscope.backends.estimate:load",
        "any",
        "a model whose tokenizer is not published, by one that stands in for it, with bounds",
        scheme="estimate:MODEL",
        source="counts that were measured; see models/estimates.py",
        estimates=("",),
    ),
    "claude": Backend(
        "tokscope.backends.claude:load",
        "reconstruction",
        "Claude's counts as the package ctok reconstructs them; needs the extra [claude]",
        scheme="claude:MODEL",
        source="ctok",
        estimates=("",),
    ),
    "llama": Backend(
        "tokscope.backends.llama:load",
        "BPE",
        "Llama's own vocabulary, from the package llama-models; needs the extra [llama]",
        scheme="llama:3 or llama:4",
        licence="Llama Community License",
        source="llama-models",
    ),
    "gguf": Backend(
        "tokscope.backends.gguf:load",
        "any",
        "the tokenizer inside a model of llama.cpp: BPE, SentencePiece or WordPiece",
        scheme="gguf:FILE",
    ),
    "merges": Backend(
        "tokscope.backends.merges:load",
        "BPE",
        "a vocab.json and the merges.txt beside it; cut as GPT-2 cuts",
        scheme="merges:FILE",
    ),
    "api": Backend(
        "tokscope.backends.api:load",
        "any",
        "the count of a model's maker, by its API; text is sent there, and the extra [api] sends it",
        scheme="api:MODEL",
        source="Anthropic, Google",
    ),
    "server": Backend(
        "tokscope.backends.server:load",
        "any",
        "the tokenizer of a model that llama.cpp, vLLM or TEI serves; needs the extra [api]",
        scheme="server:URL",
        source="the server",
    ),
    "ollama": Backend(
        "tokscope.backends.ollama:load",
        "any",
        "the tokenizer of a model that Ollama has on this machine",
        scheme="ollama:MODEL:TAG",
    ),
    "lmstudio": Backend(
        "tokscope.backends.lmstudio:load",
        "any",
        "the tokenizer of a model that LM Studio has on this machine",
        scheme="lmstudio:PUBLISHER/MODEL",
    ),
    "terms": Backend(
        "tokscope.backends.terms:load",
        "any",
        "any other tokenizer, with the terms of a dictionary kept whole",
        options=(
            "dict",
            "lang",
            "lower",
            "main",
            "pattern",
        ),  # its own, and those of the other that may be here
        scheme="terms:NAME?dict=FILE",
    ),
}

NAMING = ("media", "estimate", "claude", "hf")
"""The backends in whose specs a model's name follows, which other tables may have too."""

SCHEMES = {"sp": "sentencepiece"}
"""Short names of backends."""
