"""Playground: the live screen of `tokscope play`, with Textual, which only this package imports."""

import os

# Textual reads it once, while it is imported: it waits for the next frame before it paints, and a key should
# not wait for long. A screen that does not change is not painted.
os.environ.setdefault("TEXTUAL_FPS", "240")
