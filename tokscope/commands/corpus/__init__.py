"""Count, tokenize and sample corpora of any size, on all cores or on a cluster."""
