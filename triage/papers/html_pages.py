"""The list as one HTML file that needs nothing else: no network, no script, no font."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from triage.papers.pages import Case, ListPage
from triage.papers.waterfall import waterfall
from triage.papers.wording import (
    date_words,
    number_of,
    sentence,
    short_date,
    visible,
)

__all__ = ["html_page"]

RECORDS_SHOWN = 8


def html_page(page: ListPage) -> bytes:
    """Return ``list.html``.

    Parameters
    ----------
    page : ListPage
    """
    environment = _environment()
    css = environment.get_template("list.css").render(page=page)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    text = environment.get_template("list.html").render(
        page=page,
        css=Markup(css),  # noqa: S704 - our own file; all that it is given is the list's id
        css_hash=digest,
        drawing=_drawing,
        records_shown=RECORDS_SHOWN,
    )
    return text.lstrip().encode()


def _drawing(page: ListPage, case: Case) -> Markup:
    svg = _environment().get_template("waterfall.svg")
    drawn = svg.render(
        drawing=waterfall(case, chances=page.chances),
        axis=f"in 100, within {page.horizon}" if page.chances else "points",
        key=f"figure-{case.rank}",
    )
    return Markup(drawn)  # noqa: S704 - rendered by a template that escapes


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("triage.papers"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "date": date_words,
        "short_date": short_date,
        "count": number_of,
        "sentence": sentence,
    }
    return environment


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
