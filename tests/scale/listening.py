"""Start Ray as comb does, and print where its processes listen, a line of /proc/net each.

Run: python -m tests.scale.listening
"""

import os
import sys
from pathlib import Path

from comb.scale.cluster import cluster


def _family(root: int) -> set[int]:
    """Return a process and all that it has started."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, before = {root}, 0
    while len(found) > before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found


def _sockets(process: int) -> set[str]:
    try:
        return {os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir()}
    except OSError:
        return set()


if __name__ == "__main__":
    with cluster(workers=1):
        own = set().union(*map(_sockets, _family(os.getpid())))
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                cells = line.split()
                if cells[3] == "0A" and f"socket:[{cells[9]}]" in own:
                    sys.stdout.write(f"listens {cells[1].partition(':')[0]}\n")
