"""What peers do where they are libraries and no programs, as one would write it: each a whole process."""

from __future__ import annotations

EMPTY_TYPER = """
import typer
app = typer.Typer(pretty_exceptions_enable=False)
@app.command()
def main(x: str = "") -> None: ...
app()
"""

READ_FOLDER = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            file.read().decode()
"""

JIEBA_CUT = """
import sys, jieba
print(sum(1 for _ in jieba.cut(open(sys.argv[1], encoding="utf-8", newline="").read())))
"""

FIGURES = """
import sys, regex, tiktoken, tokenizers, sentencepiece, jieba
from tokscope import load
from tokscope.vocabularies import VOCABULARIES
text = open(sys.argv[1], encoding="utf-8", newline="").read()
words = regex.findall(r"(?w)\\b\\w.*?\\b", text)
def figures(name, ids, partial=(), unknown=None):
    parts, unknowns = sum(map(partial.__contains__, ids)), sum(one == unknown for one in ids)
    print(name, len(ids), parts, unknowns, len(text) / len(ids), len(ids) / len(words))
def whole(data):
    try: return bool(data.decode() or True)
    except UnicodeDecodeError: return False
for name in ("o200k_base", "cl100k_base"):
    encoding = tiktoken.get_encoding(name)
    ids = encoding.encode_ordinary(text)
    figures(name, ids, {i for i in set(ids) if not whole(encoding.decode_single_token_bytes(i))})
for name in ("qwen3.5", "deepseek", "tekken"):  # tiktoken's engine over the same ranks
    known = VOCABULARIES[name]
    ranks = dict(load(name)._ranks.items())
    encoding = tiktoken.Encoding(name, pat_str=known.pattern, mergeable_ranks=ranks, special_tokens={})
    ids = encoding.encode_ordinary(text)
    figures(name, ids, {i for i in set(ids) if not whole(encoding.decode_single_token_bytes(i))})
t5 = sentencepiece.SentencePieceProcessor(model_file=str(VOCABULARIES["t5"].path))
figures("t5", t5.encode(text), unknown=t5.unk_id())
rows = VOCABULARIES["bert-base-uncased"].path.read_text("utf-8").split("\\n")[:-1]
vocabulary = {row: i for i, row in enumerate(rows)}
bert = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
bert.normalizer = tokenizers.normalizers.BertNormalizer()
bert.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
lines = text.splitlines(keepends=True)
blocks = ["".join(lines[i : i + 1000]) for i in range(0, len(lines), 1000)]
ids = [i for one in bert.encode_batch_fast(blocks, add_special_tokens=False) for i in one.ids]
figures("bert-base-uncased", ids, unknown=vocabulary["[UNK]"])
figures("jieba", list(jieba.cut(text)))
figures("word", regex.findall(r"(?w)\\b\\S.*?\\b", text))
figures("char", regex.findall(r"\\X", text))
figures("byte", text.encode(), range(0x80, 0x100))
"""
"""The figures of `compare` as one gets them from the libraries themselves."""

BERT = """
import sys, time, tokenizers
vocabulary = {line: i for i, line in enumerate(open(sys.argv[2], encoding="utf-8").read().split("\\n")[:-1])}
bert = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
bert.normalizer = tokenizers.normalizers.BertNormalizer()
bert.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
lines = open(sys.argv[1], encoding="utf-8", newline="").read().splitlines(keepends=True)
blocks = ["".join(lines[i : i + 1000]) for i in range(0, len(lines), 1000)]
print(sum(map(len, bert.encode_batch_fast(blocks, add_special_tokens=False))))
"""

SPLITTER = """
import sys, semantic_text_splitter
text = open(sys.argv[1], encoding="utf-8", newline="").read()
print(len(semantic_text_splitter.TextSplitter.from_tiktoken_model("gpt-4o", 512, trim=False).chunks(text)))
"""

SPLITTER_WITH_OUR_COUNT = """
import sys, semantic_text_splitter, tokscope
count = tokscope.load("o200k_base").count
text = open(sys.argv[1], encoding="utf-8", newline="").read()
print(len(semantic_text_splitter.TextSplitter.from_callback(count, 512, trim=False).chunks(text)))
"""

LINES = """
import sys, tiktoken
text = open(sys.argv[1], encoding="utf-8", newline="").read()
encoding = tiktoken.get_encoding("o200k_base")
for token_id in encoding.encode_ordinary(text):
    token = encoding.decode_single_token_bytes(token_id).decode("utf-8", "backslashreplace")
    print(token.translate({10: "\\\\n", 13: "\\\\r", 9: "\\\\t", 92: "\\\\\\\\"}))
"""
"""One token a line, as `split` writes them."""

FOUND = """
import sys, regex
text = open(sys.argv[1], encoding="utf-8", newline="").read()
print(len(regex.findall(sys.argv[2], text)))
"""
"""How often a pattern is found in a file."""

FOLDER = """
import os, sys, tiktoken
texts = []
for folder, _, names in os.walk(sys.argv[1]):
    if ".git" not in folder:
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                texts.append(file.read().decode())
print(sum(map(len, tiktoken.get_encoding("o200k_base").encode_ordinary_batch(texts))))
"""
"""The tokens of a folder, on all cores."""
