"""The list as one HTML file that needs nothing else: no network, no script, no font."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from triage.conditions import date_words
from triage.errors import visible
from triage.papers.listed import Case, ListPage
from triage.papers.waterfall import waterfall
from triage.papers.wording import (
    number_of,
    sentence,
    short_date,
)

__all__ = ["RECORDS_SHOWN", "drawing_of", "drawn", "filled", "html_page"]

RECORDS_SHOWN = 8


def html_page(page: ListPage) -> bytes:
    """Return ``list.html``.

    Parameters
    ----------
    page : ListPage
    """
    return filled(
        "list",
        page=page,
        drawing=drawing_of,
        records_shown=RECORDS_SHOWN,
        linked=len(page.told_in_full),
    )


def filled(name: str, *, page: object, **given: object) -> bytes:
    """Return a page whose content policy lets in its own style, and nothing else.

    Parameters
    ----------
    name : str
        Of its template and its style sheet.
    page : object
        What stands on it. The style sheet may print at the foot only what is no text of a record.
    **given
        What else the template asks for.
    """
    environment = _environment()
    css = environment.get_template(f"{name}.css").render(page=page)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    text = environment.get_template(f"{name}.html").render(
        page=page,
        css=Markup(css),  # noqa: S704 - our own file
        css_hash=digest,
        **given,
    )
    return text.lstrip().encode()


def drawn(name: str, **given: object) -> Markup:
    """Return a drawing, to stand in a page as it is."""
    text = _environment().get_template(f"{name}.svg").render(**given)
    return Markup(text)  # noqa: S704 - rendered by a template that escapes


def drawing_of(page: ListPage, case: Case) -> Markup:
    """Return the drawing of a case's score."""
    return drawn(
        "waterfall",
        drawing=waterfall(case, chances=page.chances),
        axis=f"in 100, within {page.horizon}" if page.chances else "points",
        key=f"figure-{case.rank}",
    )


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
        "breakable": _breakable,
        "date": date_words,
        "short_date": short_date,
        "count": number_of,
        "sentence": sentence,
        "lower_first": _lower_first,
    }
    return environment


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _breakable(name: str) -> Markup:
    """Return a name that may be broken after its underscores where it is too long for a line."""
    return Markup("_<wbr>").join(visible(name).split("_"))


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
