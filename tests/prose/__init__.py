"""Checks of the words that people read: documentation, docstrings, messages, pages."""
