"""What a text is made of: characters, words, sentences, Markdown, scripts, terms; and where it may be cut."""
