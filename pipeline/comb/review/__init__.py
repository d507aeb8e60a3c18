"""The local review page, where researchers decide."""
