"""comb: semi-automated coding of interviews to COM-B, on the researcher's own machine."""

__version__ = "0.1.0"
