"""Pictures, sound, video and PDF: what kind a file is, how large it is, and how many tokens it is to a model.

    kinds      what kind of file it is, by its first bytes
    medium     Medium: its size, seconds, frames, pages, from its headers; nothing is decoded
    rules      rules.csv: one row for each model, kind of file and date
    layouts    how a model resizes a picture and cuts it into cells
    lengths    what seconds and frames are to a model
    counting   a Medium and a model -> MediaCount

Nothing here is imported before a file that is no text is met.
"""
