"""Pictures, sound, video and PDF: what kind a file is, how large it is, and how many tokens it is to a model.

    kinds      what kind of file it is, by its first bytes
    medium     Medium: its size, seconds, frames, pages, from its headers; nothing is decoded
    rules      rules.csv: one row for each model, kind of file and date
    layouts    the rules for pictures by name: those of vendors' pages (vendors), of open models (processors)
    lengths    what seconds and frames are to a model
    counting   a Medium and a model -> MediaCount
    joined     a file and a Tokenizer -> MediaCount
    views      a picture as a model sees it, with its pixels (pixels) where it is drawn
    blank      a picture of which only the size is known

Nothing here is imported before a file that is not text is met.
"""
