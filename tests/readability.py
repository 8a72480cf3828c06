"""How hard a text is to read: Flesch and Kincaid's grade, and the sentences of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

SOUNDED = re.compile(r"(?:[dt]ed|ses|les?)$")
VOWELS = re.compile(r"[aeiouy]+")
WORD = re.compile(r"[A-Za-z][A-Za-z'’]*|\d[\d,.]*")
BLOCKS = {"p", "li", "h3", "h4", "td", "th", "caption", "desc", "title"}


def syllables(word: str) -> int:
    """Return how many syllables a word has, about: runs of vowels, a silent e at its end apart.

    A number counts as one: it is read as a sign.
    """
    word = word.lower().replace("’", "'").removesuffix("'s")
    if word[:1].isdigit():
        return 1
    found = len(VOWELS.findall(word))
    if word.endswith(("e", "es", "ed")) and not SOUNDED.search(word):
        found -= 1
    return max(found, 1)


def grade(text: str) -> float:
    """Return the school grade that a text asks for: 7 to 9 is a reading age of about 12 to 14.

    References
    ----------
    Kincaid, J. P. et al. (1975). Derivation of new readability formulas for Navy enlisted
    personnel. Research Branch Report 8-75.
    """
    words = WORD.findall(text)
    sentences = max(len(re.findall(r"[.!?:;](?:\s|$)", text)), 1)
    if not words:
        return 0.0
    each = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / sentences + 11.8 * each - 15.59


class _Blocks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def blocks(html: str) -> Iterator[str]:
    """Yield the paragraphs, items and cells of a part of a page, one by one."""
    reader = _Blocks()
    reader.feed(html)
    yield from (" ".join(text.split()) for text in reader.texts if text.strip())


def sentences(html: str) -> Iterator[str]:
    """Yield the whole sentences of a part of a page: what ends in a full stop."""
    for block in blocks(html):
        for part in re.split(r"(?<=[.!?])\s+(?=[“A-Z])", block):
            if part.endswith((".", "!", "?")) and len(WORD.findall(part)) > 3:
                yield part
