"""From text to byte-level BPE tokens: several engines that agree, and the choice among them."""
