"""The pictures of a synthesis, as SVG and PNG: legible to colour-blind readers, the same bytes for the same figures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import pi
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comb.study.files import write_bytes
from comb.synthesis.cooccurrence import cooccurrence
from comb.synthesis.counts import Count, find
from comb.synthesis.findings import Findings
from comb.synthesis.people import ALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart by readers with any common colour blindness.
BARRIER, FACILITATOR = "#D55E00", "#0072B2"
MOST_PANELS = 4
"""Most groups side by side in one picture."""
WIDEST, MOST_LABELS = 30, 80
"""Largest width in inches of the picture of saturation, and most transcripts named below its axis."""


@dataclass(frozen=True)
class Picture:
    """One picture, with its alternative text."""

    name: str
    caption: str
    alt: str
    draw: Callable[[], "Figure"]


def pictures(found: Findings) -> list[Picture]:
    """Return the pictures for which the findings contain data."""
    if not found.passages:
        return []
    of_people = [
        Picture("barriers-facilitators", *_diverging_words(found), lambda: diverging(found)),
        Picture("wheel", *_wheel_words(found), lambda: wheel(found)),
    ]
    return [
        *(of_people if found.sample.interviewed() else []),
        Picture("co-occurrence", *_cooccurrence_words(found), lambda: heat(found)),
        Picture("saturation", *_saturation_words(found), lambda: saturation(found)),
    ]


def write_pictures(folder: Path, drawn: Sequence[Picture]) -> dict[str, dict[str, bytes]]:
    """Write each picture as SVG and as PNG; return the content of the files by suffix and name."""
    import matplotlib as mpl

    made: dict[str, dict[str, bytes]] = {"svg": {}, "png": {}}
    for picture in drawn:
        # A dollar sign in a code's name is a dollar sign, not the start of a formula.
        settings: dict[Any, Any] = {
            "svg.hashsalt": f"comb-{picture.name}",
            "svg.fonttype": "none",
            "text.parse_math": False,
        }
        with mpl.rc_context(settings):
            figure = picture.draw()
            for suffix, options in (
                ("svg", {"metadata": {"Date": None}}),
                ("png", {"dpi": 200, "metadata": {"Software": None}}),
            ):
                data = BytesIO()
                figure.savefig(data, format=suffix, **options)
                made[suffix][picture.name] = data.getvalue()
                write_bytes(folder / f"{picture.name}.{suffix}", data.getvalue())
    return made


def _figure(width: float, height: float, columns: int = 1, **options: Any) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False, **options)[0]
    return figure, list(axes)


def _rows(found: Findings) -> list[str]:
    return [code for code in found.codes if find(found.counts, code).evidence]


def _part(counted: Count) -> float:
    return 100 * len(counted.participants) / counted.of_participants if counted.of_participants else 0.0


def _sides(found: Findings) -> tuple[tuple[str, int, str], ...]:
    """Return what bars show, with direction and colour; if nobody gave a valence, one bar for each code."""
    if any(passage.valence for passage in found.passages):
        return (("barrier", -1, BARRIER), ("facilitator", 1, FACILITATOR))
    return (("none", 1, FACILITATOR),)


def _panels(found: Findings) -> tuple[str, ...]:
    return found.sample.compared if 0 < len(found.sample.compared) <= MOST_PANELS else (ALL,)


def diverging(found: Findings) -> "Figure":
    """Draw the share of those interviewed who name a barrier (left) and a facilitator (right), by code and group."""
    groups, codes = _panels(found), _rows(found)[::-1]
    figure, panels = _figure(3.2 + 2.6 * len(groups), 1.5 + 0.3 * len(codes), len(groups), sharey=True)
    for axes, group in zip(panels, groups, strict=True):
        for side, sign, color in _sides(found):
            counts = [find(found.counts, code, side, group) for code in codes]
            axes.barh(range(len(codes)), [sign * _part(c) for c in counts], color=color, label=side, height=0.72)
            for row, counted in enumerate(counts):
                n = len(counted.participants)
                if n:
                    place: dict[str, Any] = {"ha": "right" if sign < 0 else "left", "va": "center", "fontsize": 7}
                    axes.text(sign * (_part(counted) + 2), row, str(n), **place)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_xlim(-118, 118)
        axes.set_xticks([-100, -50, 0, 50, 100], ["100", "50", "0", "50", "100"])
        axes.set_xlabel("% of participants interviewed\n(at the bars: how many)")
        axes.set_title(f"{group} (n = {len(found.sample.interviewed(group))})", fontsize=9)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(codes)), [found.name(code) for code in codes])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _diverging_words(found: Findings) -> tuple[str, str]:
    n = len(found.sample.interviewed())
    name = "name barriers and facilitators" if len(_sides(found)) > 1 else "mention a code"
    by = "by domain and group" if _panels(found) != (ALL,) else "by domain"
    caption = (
        f"Percentage of participants interviewed (n = {n}) who {name}, {by}; the numbers at the bars are participants."
    )
    said = [_said(found, code) for code in _rows(found)]
    return caption, f"Diverging bars. {' '.join(said)}"


def _said(found: Findings, code: str) -> str:
    barrier, facilitator = (len(find(found.counts, code, side).participants) for side in ("barrier", "facilitator"))
    return f"{found.name(code)}: barrier {barrier}, facilitator {facilitator}."


def wheel(found: Findings) -> "Figure":
    """Draw the two upper levels of the codebook as rings; the outer one is shaded by the share who speak of each."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 6.4), layout="constrained")
    axes = figure.add_subplot(projection="polar")
    axes.set_axis_off()
    axes.set_ylim(0, 3)
    segments = list(_segments(found))
    width = 2 * pi / max(len(segments), 1)
    shades = colormaps["Blues"]
    for number, (top, code) in enumerate(segments):
        counted = find(found.counts, code)
        share = _part(counted) / 100
        axes.bar(
            number * width,
            1.6,
            width,
            1.3,
            color=shades(0.08 + 0.8 * share),
            edgecolor="white",
            align="edge",
            linewidth=2,
        )
        sides = (len(find(found.counts, code, side).participants) for side in ("barrier", "facilitator"))
        text = f"{_broken(found.name(code))}\n{counted.share}\nbarrier {next(sides)}\nfacilitator {next(sides)}"
        ink = "white" if share > 0.6 else "black"
        axes.text((number + 0.5) * width, 2.15, text, ha="center", va="center", fontsize=8, color=ink)
        if number == 0 or segments[number - 1][0] != top:
            own = sum(other == top for other, _ in segments)
            axes.bar(
                number * width, 0.75, own * width, 0.5, color="#D9D9D9", edgecolor="white", align="edge", linewidth=2
            )
            axes.text((number + own / 2) * width, 0.88, found.name(top), ha="center", va="center", fontsize=8)
    axes.text(0, 0, "Behaviour", ha="center", va="center", fontsize=9, fontweight="bold")
    return figure


def _broken(name: str) -> str:
    return name.replace(" ", "\n", 1)


def _segments(found: Findings) -> Iterator[tuple[str, str]]:
    """Yield (code of the top level, code of the second), for tops that have codes below or were counted."""
    for code in found.codebook:
        below = [c.id for c in found.codebook if len(c.path) == 2 and c.path[0] == code.id]
        if len(code.path) == 1 and (below or code.id in found.codes):
            for inner in below or [code.id]:
                yield code.id, inner


def _wheel_words(found: Findings) -> tuple[str, str]:
    said = [
        f"{found.name(c)}: {find(found.counts, c).share} mention it. {_said(found, c)}" for _, c in _segments(found)
    ]
    caption = (
        "Number (%) of participants interviewed who mention each component (darker: more), and number who name it as a "
        "barrier or a facilitator."
    )
    return caption, f"A wheel of components. {' '.join(said)}"


def heat(found: Findings) -> "Figure":
    """Draw how often two codes share words, as shades with their numbers."""
    counts, codes = cooccurrence(found.passages), _rows(found)
    most = max(counts.values(), default=1)
    side = 2.6 + 0.36 * len(codes)
    figure, (axes,) = _figure(side + 0.4, side)
    grid = [[counts[min(a, b), max(a, b)] if a != b else 0 for b in codes] for a in codes]
    # Drawn as shapes: an image inside the picture would be refused by the page's content security policy.
    axes.pcolormesh(grid, cmap="Blues", vmin=0, vmax=most, edgecolors="white", linewidth=0.5)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    for y, row in enumerate(grid):
        for x, n in enumerate(row):
            if n:
                axes.text(
                    x + 0.5,
                    y + 0.5,
                    str(n),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if n > 0.55 * most else "black",
                )
    names = [found.name(code) for code in codes]
    places = [place + 0.5 for place in range(len(codes))]
    axes.set_xticks(places, names, rotation=50, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(places, names, fontsize=8)
    axes.spines[:].set_visible(False)
    return figure


def _cooccurrence_words(found: Findings) -> tuple[str, str]:
    top = cooccurrence(found.passages).most_common(5)
    said = [f"{found.name(a)} with {found.name(b)}: {n}." for (a, b), n in sorted(top, key=lambda x: (-x[1], x[0]))]
    alt = f"A matrix of codes by codes. The most frequent pairs: {' '.join(said) or 'none.'}"
    return "How often two codes were given to overlapping passages (number of pairs).", alt


def saturation(found: Findings) -> "Figure":
    """Draw how many codes and beliefs occurred up to each transcript, with what each one added."""
    steps = found.saturation
    series = [("codes", FACILITATOR, [s.codes for s in steps], [len(s.new_codes) for s in steps])]
    if found.beliefs:
        series.append(("belief statements", BARRIER, [s.beliefs for s in steps], [len(s.new_beliefs) for s in steps]))
    figure, (axes,) = _figure(min(max(4.8, 1.6 + 0.36 * len(steps)), WIDEST), 3.6)
    for offset, (name, color, totals, news) in enumerate(series):
        places = range(1, len(steps) + 1)
        marker = "os"[offset]
        axes.plot(places, totals, marker=marker, color=color, label=f"{name}, cumulative")
        axes.bar([x - 0.2 + 0.4 * offset for x in places], news, 0.38, color=color, alpha=0.55, label=f"new {name}")
    every = -(-len(steps) // MOST_LABELS) or 1
    shown = steps[::every]
    axes.set_xticks([s.number for s in shown], [s.transcript for s in shown], rotation=50, ha="right", fontsize=8)
    axes.set_ylabel("number")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _saturation_words(found: Findings) -> tuple[str, str]:
    said = [
        f"{s.transcript}: {len(s.new_codes)} new codes, {len(s.new_beliefs)} new beliefs." for s in found.saturation
    ]
    caption = "New codes and belief statements in each transcript, in the order of data/participants.csv."
    return caption, f"Lines and bars by transcript. {' '.join(said)}"
