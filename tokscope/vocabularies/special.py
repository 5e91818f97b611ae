"""The special tokens of vocabularies that do not ship, in the order of their ids, which follow the ranks.

Llama's are in llama-models' llama3/tokenizer.py and llama4/tokenizer.py, Whisper's in openai-whisper's
whisper/tokenizer.py.
"""

from __future__ import annotations

from collections.abc import Iterable


def _reserved(kind: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"<|{kind}reserved_special_token_{i}|>" for i in numbers)


LLAMA3 = (
    *("<|begin_of_text|>", "<|end_of_text|>", *_reserved("", range(2)), "<|finetune_right_pad_id|>"),
    *("<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>"),
    *("<|python_tag|>", "<|image|>", *_reserved("", range(2, 246))),
)

LLAMA4 = (
    *("<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
    *("<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>"),
    *_reserved("text_post_train_", range(6)),
    *("<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>"),
    *_reserved("text_post_train_", range(8, 69)),
    *("<|image_start|>", "<|image_end|>", *_reserved("vision_", range(2))),
    *("<|tile_x_separator|>", "<|tile_y_separator|>", *_reserved("vision_", range(2, 6)), "<|image|>"),
    *(*_reserved("vision_", range(6, 7)), "<|patch|>", *_reserved("vision_", range(7, 1048))),
    *(*_reserved("reasoning_", range(8)), "<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"),
    *_reserved("", range(904)),
)

_WHISPER_LANGUAGES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr "
    "bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn "
    "yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw "
    "su"
)

WHISPER = (
    *(
        "<|endoftext|>",
        "<|startoftranscript|>",
        *(f"<|{language}|>" for language in _WHISPER_LANGUAGES.split()),
    ),
    *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"),
    *("<|notimestamps|>", *(f"<|{i * 0.02:.2f}|>" for i in range(1501))),
)
"""Of the vocabulary of 99 languages, which the models before large-v3 have."""
