"""REFI-QDA: projects (.qdpx) and codebooks (.qdc) of NVivo, ATLAS.ti, MAXQDA and others, read and written.

The standard is at https://www.qdasoftware.org (edition 1.0 and the text of March 2019; their schemas are one schema).
Data for which the standard has no place is written into notes and descriptions, as lines that a person can read: see
``note_fields``. Only the speakers' turns are kept in a file of their own inside the zip, ``turns``.
"""
