"""Ids as numbers: found where they stand, and told apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from triage.records.texts import NOBODY, Finder, fingerprints

words = st.text(max_size=4) | st.text("ab", max_size=20)
texts = st.none() | words


@given(st.sets(words), st.lists(texts), st.integers(0, 3))
def test_texts_are_found_where_they_stand(names, asked, first) -> None:
    names = sorted(names)
    place = {name: number for number, name in enumerate(names)}
    some = pa.array(asked, pa.string()).slice(first)
    found = Finder(pa.array(names, pa.string())).positions(some)
    assert found.tolist() == [place.get(text, -1) for text in asked[first:]]


@given(st.lists(texts), st.integers(0, 3))
def test_fingerprints_are_those_of_texts(asked, first) -> None:
    made = fingerprints(pa.array(asked, pa.string()).slice(first)).tolist()
    pairs = set(zip(asked[first:], made, strict=True))
    assert len(pairs) == len({text for text, _ in pairs}) == len({one for _, one in pairs})
    assert all((text is None) == (one == NOBODY) for text, one in pairs)
    every_other = np.arange(0, len(made), 2, dtype=np.int32)
    some = fingerprints(pa.array(asked, pa.string()).slice(first), every_other)
    assert some.tolist() == made[::2]


def test_many_names_in_few_slots_are_told_apart() -> None:
    names = pa.array([f"{number:x}" for number in range(5000)])
    assert Finder(names).positions(names).tolist() == list(range(5000))
    assert len(set(fingerprints(names).tolist())) == 5000
