"""Papers of sentences and tables, as one HTML page or as Markdown, from one source."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

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
    """A table; the first column of every row names it.

    ``layout`` says what the columns of a page are for: ``fill``, empty cells to write in;
    ``files``, the first names files beside the page; ``named``, the first names what the others
    tell at length.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    layout: Literal["", "fill", "files", "named"] = ""


@dataclass(frozen=True, init=False)
class Section:
    """A part of a paper: sentences, then a drawing if there is one, then tables."""

    key: str
    title: str
    sentences: tuple[str, ...]
    table: Table | None
    drawing: Markup | None
    more: tuple[Table, ...]

    def __init__(
        self,
        key: str,
        title: str,
        sentences: Iterable[str] = (),
        table: Table | None = None,
        drawing: Markup | None = None,
        more: Iterable[Table] = (),
    ) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "sentences", tuple(sentences))
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "drawing", drawing)
        object.__setattr__(self, "more", tuple(more))

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that have any rows."""
        every = (*filter(None, [self.table]), *self.more)
        return tuple(table for table in every if table.rows)


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
    contents : bool
        Whether an HTML page begins with links to its parts.
    """

    kind: str
    title: str
    panel: Panel | PanelFacts
    synthetic: bool
    standing: str
    sections: Sequence[Section]
    contents: bool = False


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
        "sections": [one for section in page.sections for one in _section_content(section)],
    }


def _section_content(section: Section) -> Iterator[dict[str, Any]]:
    """Yield a part with its first table, and every further table as a part of its own."""
    first, *more = section.tables or (Table("", (), ()),)
    yield {
        "key": section.key,
        "title": section.title,
        "sentences": section.sentences,
        **_table_content(first),
    }
    for number, table in enumerate(more, start=2):
        title = f"{section.title}: {table.caption}"
        yield {"key": f"{section.key}-{number}", "title": title, "sentences": ()} | (
            _table_content(table)
        )


def _table_content(table: Table) -> dict[str, Any]:
    return {"caption": table.caption, "head": table.head, "rows": table.rows}


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
        for table in section.tables:
            yield from ("", *_table(table))


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_cell, table.head))} |"
    yield f"|{'---|' * len(table.head)}"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(text: str) -> str:
    return visible(text).replace("|", "\\|").replace("\n", " ")
