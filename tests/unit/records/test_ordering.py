"""Texts in the order of their bytes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.records.ordering import order_of


@settings(max_examples=60, derandomize=True)
@given(
    st.text("aé\U0001f600\0" + "z", max_size=6),
    st.lists(st.text("01é\U0001f600\0", max_size=14), unique=True),
)
def test_any_texts_are_in_the_order_of_their_bytes(prefix: str, endings: list[str]) -> None:
    texts = [prefix + ending for ending in endings]
    order = order_of(pa.array(texts, pa.string()))
    assert [texts[position] for position in order] == sorted(texts, key=str.encode)


@pytest.mark.parametrize(
    "pattern",
    ["E{:08d}", "{}", "{:036d}-{}", "{:03d}/2024-{:012d}"],
    ids=["one number", "of any length", "long and alike", "two parts"],
)
def test_ids_are_in_the_order_that_arrow_has(pattern: str) -> None:
    texts = pa.array([pattern.format(number * 7919 % 1_009, number) for number in range(1_009)])
    assert order_of(texts).tolist() == pc.sort_indices(texts).to_pylist()


def test_a_part_of_an_array_is_ordered_by_itself() -> None:
    texts = pa.array(["z", "b", "c", "a", ""]).slice(1, 3)
    assert order_of(texts).tolist() == [2, 0, 1]


def test_texts_that_only_zero_bytes_tell_apart_are_ordered() -> None:
    assert order_of(pa.array(["a\0\0", "a", "a\0"])).tolist() == [1, 2, 0]
