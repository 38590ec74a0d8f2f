"""What the printable card is made of: its style sheet, and tables, lists and figures as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
@page { size: A4; margin: 14mm 13mm; }
* { box-sizing: border-box; }
body { font: 10.5pt/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #0A1217; background: #fff;
  max-width: 190mm; margin: 0 auto; padding: 8mm; font-variant-numeric: tabular-nums; }
@media print { body { padding: 0; font-size: 9pt; } .ecran { display: none; } }
h1 { font-size: 1.7em; margin: 0; } h2 { font-size: 1.2em; margin: 1.5em 0 .4em; color: #0B6170;
  border-bottom: 1px solid #C5CED2; break-after: avoid; } h3 { font-size: 1em; margin: 1em 0 .3em;
  break-after: avoid; }
p, ul { margin: .3em 0; overflow-wrap: break-word; } ul { padding-left: 1.2em; }
.note { color: #46535A; font-size: .92em; }
.etat { display: inline-block; border: 1px solid currentColor; border-radius: 1em; padding: 0 .7em;
  margin-right: .4em; font-weight: 600; } .bon { color: #17693F; } .mauvais { color: #B42318; }
.cadre { border: 1px solid #8A949A; border-left: 5px solid #B54708; padding: .4em .8em; margin: .8em 0;
  break-inside: avoid; } .deux { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2em; }
.large { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .4em 0; font-size: .93em; }
caption { text-align: left; font-weight: 600; padding: .2em 0; }
th, td { border-bottom: 1px solid #D9E0E3; padding: .22em .45em; text-align: left; vertical-align: top; }
thead th { background: #EEF2F4; } thead { display: table-header-group; } tr { break-inside: avoid; }
tr.choisi td { background: #E3F0F2; font-weight: 600; }
code { font-size: .88em; overflow-wrap: anywhere; }
figure { margin: .3em 0; break-inside: avoid; } figcaption { font-size: .88em; color: #46535A; }
svg { width: 100%; max-width: 400px; height: auto; } svg text { font-size: 9.5px; fill: #0A1217; }
.grille { stroke: #D9E0E3; } .repere { fill: none; stroke: #46535A; stroke-dasharray: 4 3; }
.courbe { fill: none; stroke: #0B6170; stroke-width: 2; } .bande { fill: #0B6170; opacity: .14; }
.moustache { fill: none; stroke: #0B6170; stroke-width: 1.5; } .point { fill: #0B6170; }
.marque { fill: #0A1217; }
@media (max-width: 640px) { body { padding: 4mm; } .deux { grid-template-columns: 1fr; } }
"""


def document(title: str, body: str) -> str:
    """A whole French page that needs nothing else."""
    return (
        '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def section(title: str, *parts: str) -> str:
    """A titled part of the page; empty where all its parts are."""
    inside = "".join(parts)
    return f"<section><h2>{escape(title)}</h2>{inside}</section>" if inside else ""


def paragraph(text: str, kind: str = "") -> str:
    """One paragraph of plain text; empty for no text."""
    mark = f' class="{kind}"' if kind else ""
    return f"<p{mark}>{escape(text)}</p>" if text else ""


def bullets(lines: Iterable[str]) -> str:
    """A list of plain texts; empty for none."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], chosen: int | None = None
) -> str:
    """A captioned table of plain texts; the row number ``chosen`` is marked. Empty for no row."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f"<tr{' class=' + chr(34) + 'choisi' + chr(34) if place == chosen else ''}>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for place, row in enumerate(rows)
    )
    return (
        f'<div class="large"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def figure(svg: str, caption: str) -> str:
    """A drawing with its caption; empty where there is none."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>" if svg else ""
