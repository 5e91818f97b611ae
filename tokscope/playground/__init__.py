"""The live screen of `tokscope play`: type, and see how every tokenizer cuts; Textual's, the extra [play]."""
