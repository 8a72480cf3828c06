"""What a panel reads of the demo is in plain words, with the limits of the tool beside it."""

from __future__ import annotations

import re
import statistics

import pytest

from tests.functional.test_journey import only_list
from tests.readability import blocks, grade, sentences

JARGON = re.compile(
    r"log-?odds|\blogit|shap\b|shapley|calibrat|percentile|decile|quantile|coefficient|covariate"
    r"|regression|ensemble|standard deviation|confidence interval|hyper|\bAUC\b|\bNaN\b|\bnull\b"
    r"|\bfeature|probability|probabilities|risk score|gradient|marginal|baseline|algorithm",
    re.IGNORECASE,
)
CHANCE = re.compile(r"\d+ in 100\b")
MOST_OF_A_CASE, MOST_OF_ALL, MOST_OF_ONE = 9.0, 9.0, 12.0


@pytest.fixture(scope="module")
def page(trained) -> str:
    return (only_list(trained) / "list.html").read_text(encoding="utf-8")


def cases(page: str) -> list[str]:
    found = re.findall(r'<section class="case".*?</section>', page, re.DOTALL)
    assert len(found) >= 12
    return found


def reading(page: str) -> str:
    start = page.index('<section id="reading"')
    return page[start : page.index("</section>", start)]


def test_every_case_is_for_a_reading_age_of_twelve_to_fourteen(page) -> None:
    for case in cases(page):
        told = list(sentences(case))
        assert len(told) >= 6
        assert grade(" ".join(told)) <= MOST_OF_A_CASE


def test_nearly_every_sentence_is_and_none_is_far_from_it(page) -> None:
    parts = [*cases(page), reading(page)]
    told = {re.sub(r"\d[\d,]*", "9", one) for part in parts for one in sentences(part)}
    assert len(told) > 40
    grades = {one: grade(one) for one in told}
    hard = {one: round(found, 1) for one, found in grades.items() if found > MOST_OF_ONE}
    assert hard == {}
    assert statistics.quantiles(grades.values(), n=10)[-1] <= MOST_OF_ALL


def test_no_jargon_stands_on_a_case_or_beside_it(page) -> None:
    for part in [*cases(page), reading(page)]:
        for text in blocks(part):
            assert JARGON.search(text) is None, text


def test_no_chance_stands_without_its_horizon_and_that_of_all_referrals(page) -> None:
    for case in cases(page):
        told = [one for one in sentences(case) if CHANCE.search(one)]
        assert any("in the next 12 months" in one for one in told)
        assert any("Of all referrals" in one for one in told)
        assert "in 100, within 12 months" in case


def test_support_and_the_limits_of_the_tool_stand_on_the_same_page(page) -> None:
    for case in cases(page):
        assert "What lowers concern" in case
        assert "What is not known or not on record" in case
        assert "What would change it" in case
        assert "Why at this place" in case
    limits = reading(page)
    assert "What lowers a score is not proof of safety" in limits
    assert "No history with the police is not low risk" in limits
    assert "does not say what this person will do" in limits


def test_the_measure_itself_tells_hard_words_from_plain_ones() -> None:
    plain = "If three months pass with nothing new on record, this case would fall to place nine."
    hard = "Heterogeneous multivariate contributions necessitate conditional interpretation."
    assert grade(plain) < 6 < 15 < grade(hard)
    assert JARGON.search("the calibrated probability")
