"""Reads the tables of a page as a person does: headers, and the text of each cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pandas as pd


@dataclass
class HtmlTable:
    """A table of a page."""

    caption: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    opens: list[str] = field(default_factory=list)
    """What each row opens; empty where it opens nothing."""
    sorts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By header that sorts: its ``aria-sort``, and the address of the table sorted by it."""
    pages: dict[str, str] = field(default_factory=dict)
    """Links below the table, by their text."""

    @property
    def value(self) -> pd.DataFrame:
        """The rows as texts, under their headers."""
        return pd.DataFrame(self.rows, columns=self.heads)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[HtmlTable] = []
        self._tag, self._text, self._sort, self._href, self._outside = "", "", "", "", True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "table":
            self.tables.append(HtmlTable())
            self._outside = False
        if tag in {"caption", "th", "td"} or (tag == "a" and self._outside):
            self._tag, self._text, self._sort = tag, "", told.get("aria-sort", "")
        if tag == "tr" and self._rows_begun():
            self.tables[-1].rows.append([])
            self.tables[-1].opens.append("")
        if tag == "a":
            self._href = told.get("href", "")
            if told.get("class") == "ouvre":
                self.tables[-1].opens[-1] = self._href

    def handle_data(self, data: str) -> None:
        if data not in "▲▼":
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if not self.tables or tag != self._tag:
            self._outside = self._outside or tag == "table"
            return
        table, text = self.tables[-1], self._text.strip()
        if tag == "caption":
            table.caption = text
        elif tag == "th":
            table.heads.append(text)
            if self._sort:
                table.sorts[text] = self._sort, self._href
        elif tag == "td":
            table.rows[-1].append(text)
        elif tag == "a":
            table.pages[text] = self._href
        self._tag = ""

    def _rows_begun(self) -> bool:
        return bool(self.tables and self.tables[-1].heads)


def read_tables(html: str) -> list[HtmlTable]:
    """Return the tables of a piece of a page, in their order."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.tables
