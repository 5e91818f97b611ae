"""Text: what it is made of (characters, words, sentences, Markdown, scripts, terms), and where to cut it."""
