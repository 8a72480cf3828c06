"""Setting a page as a tagged PDF: one compiler, one font, and no letter that it cannot draw."""

from __future__ import annotations

import datetime
import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from triage.errors import visible

__all__ = ["FONT", "typeset"]

TEMPLATES = Path(__file__).parent / "templates"
FONT = "DejaVu Sans"
FONT_FILES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
EPOCH, SECONDS_A_DAY = datetime.date(1970, 1, 1), 86_400
LONG_WORD = re.compile(r"\S{24}(?=\S)")
BREAK = "\u200b"


def typeset(template: str, content: Mapping[str, Any], date: datetime.date) -> bytes:
    """Return a paper as PDF/UA-1, the same bytes for the same content.

    The compiler refuses whatever breaks the standard (no tag, no alternative text, a letter
    without a glyph), so a paper that exists can be read by a screen reader.

    Parameters
    ----------
    template : str
        Its name in the room's templates, without the ending.
    content : mapping
        What the template asks for. All of it is data: no text is taken for markup.
    date : date
        When the paper says that it was made.

    References
    ----------
    ISO 14289-1:2014, Document management applications: Electronic document file format
    enhancement for accessibility (PDF/UA-1).
    """
    import typst  # only who wants a PDF waits for its compiler

    compiled = typst.compile(
        str(TEMPLATES / f"{template}.typ"),
        format="pdf",
        font_paths=[str(_fonts())],
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        sys_inputs={"content": json.dumps(_drawable({**content, "font": FONT}))},
        timestamp=(date - EPOCH).days * SECONDS_A_DAY,
    )
    assert isinstance(compiled, bytes)  # noqa: S101 - one document, no output path
    return compiled


@cache
def _fonts() -> Path:
    """Return the folder of fonts that matplotlib's wheel carries, without importing it."""
    found = importlib.util.find_spec("matplotlib")
    assert found is not None and found.origin is not None  # noqa: S101, PT018 - a dependency
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


@cache
def _glyphs() -> frozenset[int]:
    """Return the characters that every weight of the font can draw."""
    from fontTools.ttLib import TTFont

    drawn = []
    for name in FONT_FILES:
        with TTFont(_fonts() / name, lazy=True) as font:
            drawn.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*drawn)


def _drawable(content: Any) -> Any:
    """Return content whose every text shows all that it holds, with the glyphs that there are."""
    if isinstance(content, str):
        return _spelled(visible(content))
    if isinstance(content, Mapping):
        return {key: _drawable(value) for key, value in content.items()}
    if isinstance(content, Sequence):
        return [_drawable(value) for value in content]
    return content


def _spelled(text: str) -> str:
    """Return a text in which a character without a glyph is spelled out, and long words break."""
    if not text.isascii():
        text = "".join(
            character if ord(character) in _glyphs() else f"[U+{ord(character):04X}]"
            for character in text
        )
    return LONG_WORD.sub(lambda found: f"{found.group()}{BREAK}", text)
