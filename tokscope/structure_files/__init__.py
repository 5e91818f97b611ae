"""Documents of molecules and graphs: which they are, what tokenizers make of them, and what they count.

stream         whose a document is, its structures one after the other, and what is wrong with some
ledger         how many tokens there are, for count, check, diff
transcribing   the tokens themselves, for split, trace, stats, compare, encode
features       the features of graphs, for split -o FILE.npz
"""
