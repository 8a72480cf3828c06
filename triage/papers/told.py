"""Papers of sentences and tables, as one HTML page or as Markdown, from one source."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from triage.errors import visible
from triage.lists import PanelFacts
from triage.papers.html_pages import filled
from triage.papers.typesetting import typeset
from triage.workspace import Panel

__all__ = [
    "Section",
    "Table",
    "ToldPage",
    "sections_markdown",
    "told_json",
    "told_markdown",
    "told_page",
    "told_pdf",
]


@dataclass(frozen=True)
class Table:
    """A table; the first column of every row names it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, init=False)
class Section:
    """A part of a paper: sentences, then a drawing if there is one, then a table."""

    key: str
    title: str
    sentences: tuple[str, ...]
    table: Table | None
    drawing: Markup | None

    def __init__(
        self,
        key: str,
        title: str,
        sentences: Iterable[str] = (),
        table: Table | None = None,
        drawing: Markup | None = None,
    ) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "sentences", tuple(sentences))
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "drawing", drawing)


@dataclass(frozen=True)
class ToldPage:
    """All that stands on such a paper.

    Parameters
    ----------
    kind : str
        Stands at the foot of each printed page.
    title : str
    panel : Panel or PanelFacts
    synthetic : bool
    standing : str
        What matters most, in a sentence.
    sections : sequence of Section
        At least one.
    """

    kind: str
    title: str
    panel: Panel | PanelFacts
    synthetic: bool
    standing: str
    sections: Sequence[Section]


def told_page(page: ToldPage) -> bytes:
    """Return a paper as an HTML page."""
    return filled("told", page=page)


def told_json(page: ToldPage) -> str:
    """Return a paper as JSON; drawings are the tables beside them."""
    return json.dumps(_content(page), indent=1, ensure_ascii=True) + "\n"


def told_pdf(page: ToldPage, *, handling: str, date: datetime.date) -> bytes:
    """Return a paper as a tagged PDF; drawings are the tables beside them.

    Parameters
    ----------
    page : ToldPage
    handling : str
        Stands at the head of each page.
    date : date
        When the paper says that it was made.
    """
    return typeset("told", {**_content(page), "handling": handling}, date)


def _content(page: ToldPage) -> dict[str, Any]:
    return {
        "title": page.title,
        "kind": page.kind,
        "panel": page.panel.name,
        "area": page.panel.area,
        "synthetic": page.synthetic,
        "standing": page.standing,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "sentences": section.sentences,
                **asdict(section.table or Table("", (), ())),
            }
            for section in page.sections
        ],
    }


def told_markdown(page: ToldPage) -> str:
    """Return a paper as Markdown; drawings are the tables beside them."""
    lines = [f"# {page.title}", "", f"{page.panel.name} · {page.panel.area}", ""]
    if page.synthetic:
        lines += ["**SYNTHETIC DATA.** Every person and figure is invented.", ""]
    lines += [f"**{page.standing}**", *sections_markdown(page.sections)]
    return "\n".join(lines) + "\n"


def sections_markdown(sections: Iterable[Section]) -> Iterator[str]:
    """Yield the lines of some parts of a paper as Markdown."""
    for section in sections:
        yield from ("", f"## {section.title}", "")
        yield from (f"- {visible(sentence)}" for sentence in section.sentences)
        if section.table is not None and section.table.rows:
            yield from ("", *_table(section.table))


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_cell, table.head))} |"
    yield f"|{'---|' * len(table.head)}"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|").replace("\n", " ")
