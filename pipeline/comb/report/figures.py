"""Figures of the agreement report, as inline SVG: no separate files, no network, sharp in print."""

from collections.abc import Mapping, Sequence
from html import escape

from comb.agreement.results import Figure, TranscriptAgreement

ROW, LEFT, WIDTH = 22, 250, 420
"""Height of a row, room for its name, and width of the drawing, in pixels."""
INK, SOFT, BAR = "#1b1b1b", "#767676", "#D55E00"


def forest(figures: Mapping[str, Figure], bar: float) -> str:
    """Draw values with intervals, a row each, from -0.2 to 1; the row of an undefined value says so."""
    height = ROW * len(figures) + 40
    parts = [_open(LEFT + WIDTH + 60, height, "Agreement per code with 95% intervals")]
    for tick in (-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(_line(_x(tick), 6, _x(tick), height - 28, "#dddddd"))
        parts.append(_text(_x(tick), height - 10, f"{tick:g}", "middle", SOFT))
    parts.append(_line(_x(bar), 6, _x(bar), height - 28, BAR, "4 3"))
    for number, (name, figure) in enumerate(figures.items()):
        y = ROW * number + 20
        parts.append(_text(LEFT - 10, y + 4, name, "end"))
        parts += _interval(figure, y)
    return "".join([*parts, "</svg>"])


def heat(names: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float | None]], title: str) -> str:
    """Draw a matrix of values from 0 to 1 as shaded cells with numbers; None is left blank."""
    side = 46
    width, height = LEFT + side * len(columns) + 20, side * len(names) + 130
    parts = [_open(width, height, title)]
    for c, name in enumerate(columns):
        x = LEFT + side * c + side / 2
        parts.append(f'<g transform="translate({x:.0f} 118) rotate(-55)">{_text(0, 0, name, "start")}</g>')
    for r, row in enumerate(values):
        y = 124 + side * r
        parts.append(_text(LEFT - 10, y + side / 2 + 4, names[r], "end"))
        for c, value in enumerate(row):
            if value is not None:
                parts.append(_cell(LEFT + side * c, y, side, value, f"{value:.2f}"))
    return "".join([*parts, "</svg>"])


def confusion(codes: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Draw how often each pair of codes was given, as shares of the row, with the counts."""
    side = 34
    width, height = LEFT + side * len(codes) + 90, side * len(codes) + 170
    parts = [_open(width, height, "Codes of one coder by codes of the other")]
    for c, name in enumerate(codes):
        x = LEFT + side * c + side / 2
        parts.append(f'<g transform="translate({x:.0f} 158) rotate(-55)">{_text(0, 0, name, "start")}</g>')
    for r, row in enumerate(counts):
        y, total = 164 + side * r, sum(row) or 1
        parts.append(_text(LEFT - 10, y + side / 2 + 4, codes[r], "end"))
        parts += [_cell(LEFT + side * c, y, side, n / total, str(n)) for c, n in enumerate(row) if n]
    return "".join([*parts, "</svg>"])


def drift(rows: Sequence[TranscriptAgreement]) -> str:
    """Draw kappa per transcript in coding order."""
    known = [(n, row.conger_kappa) for n, row in enumerate(rows) if row.conger_kappa is not None]
    height, step = 220, min(60, 640 / max(len(rows), 1))
    parts = [_open(80 + step * len(rows), height, "Kappa per transcript in coding order")]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(_line(50, _y(tick), 60 + step * len(rows), _y(tick), "#dddddd"))
        parts.append(_text(44, _y(tick) + 4, f"{tick:g}", "end", SOFT))
    points = " ".join(f"{60 + step * n:.1f},{_y(max(value, 0)):.1f}" for n, value in known)
    parts.append(f'<polyline points="{points}" fill="none" stroke="#0072B2" stroke-width="1.5"/>')
    parts += [
        f'<circle cx="{60 + step * n:.1f}" cy="{_y(max(value, 0)):.1f}" r="3.5" fill="#0072B2">'
        f"<title>{escape(rows[n].transcript)}: {value:.2f}</title></circle>"
        for n, value in known
    ]
    return "".join([*parts, "</svg>"])


def _interval(figure: Figure, y: float) -> list[str]:
    if figure.value is None:
        return [_text(_x(-0.2), y + 4, figure.undefined, "start", SOFT)]
    parts = []
    if figure.low is not None and figure.high is not None:
        parts.append(_line(_x(figure.low), y, _x(figure.high), y, INK, width=2))
    parts.append(f'<circle cx="{_x(figure.value):.1f}" cy="{y}" r="4.5" fill="#0072B2"/>')
    parts.append(_text(LEFT + WIDTH + 12, y + 4, f"{figure.value:.2f}", "start"))
    return parts


def _x(value: float) -> float:
    return LEFT + (max(value, -0.2) + 0.2) / 1.2 * WIDTH


def _y(value: float) -> float:
    return 195 - 180 * value


def _open(width: float, height: float, title: str) -> str:
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{escape(title)}</title>'


def _text(x: float, y: float, text: str, anchor: str, color: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{color}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, color: str, dash: str = "", width: float = 1) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{color}" stroke-width="{width}"{dashes}/>'


def _cell(x: float, y: float, side: float, share: float, text: str) -> str:
    shade = min(max(share, 0), 1)
    red, green, blue = (round(255 - shade * (255 - full)) for full in (0, 114, 178))
    ink = "#ffffff" if shade > 0.7 else INK
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{side - 2}" height="{side - 2}" fill="rgb({red},{green},{blue})"/>'
    return box + _text(x + side / 2 - 1, y + side / 2 + 3, text, "middle", ink)
