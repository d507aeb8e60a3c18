"""comb: semi-automated coding of interviews to COM-B, on the researcher's own machine."""

import os
from pathlib import Path

__version__ = "0.1.0"

HELP = Path(__file__).parent / "help"
"""The built documentation: ``make docs`` and ``make dist`` put it here; other installations come without it."""

# No library that comb uses may call home. Set before any of them is imported, and inherited by every process that comb
# starts. onnxruntime reads its variable when it is loaded; without it, it keeps a device id under ~/.cache and looks up
# a host.
NO_TELEMETRY = {
    "DVC_NO_ANALYTICS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}
os.environ.update(NO_TELEMETRY)
