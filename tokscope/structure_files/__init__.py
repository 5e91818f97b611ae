"""Documents of molecules and graphs: which they are, what tokenizers make of them, and what they count.

reading   whose a document is, its structures one after the other, and what is wrong with some
ledger    how many tokens there are, for count, check, diff
writing   the tokens themselves, for split, trace, stats, compare, encode
"""
