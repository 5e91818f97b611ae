"""Byte models: how surprising each byte is, and where that cuts a text into patches."""
