"""A list, and the pages beside it, in a real browser: nothing is loaded, all fits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.invented_lists import (
    invented_content,
    invented_tables,
    with_beside,
    with_every_text,
)
from tests.unit.papers.builders import a_bundle
from tests.unit.papers.test_audit_packs import facts
from tests.unit.papers.test_fairness_pages import report
from triage.lists import write_bundle
from triage.papers import (
    algo_care,
    contents_page,
    explanations,
    fairness_page,
    make_guides,
    make_papers,
    told_page,
)

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HOSTILE = '</style><script>document.title="taken"</script><img src=http://example.org/x.png>' * 3


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(path for name in NAMES if (path := shutil.which(name)))
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def list_html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    content = invented_content(with_beside(invented_tables(capacity=3, near_misses=2)))
    return write_bundle(tmp_path_factory.mktemp("lists"), content, make_papers).folder / "list.html"


@pytest.fixture(scope="module")
def groups_html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("groups") / "fairness.html"
    path.write_bytes(fairness_page(report()))
    return path


@pytest.fixture(scope="module")
def beside_html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the pages that lie beside a list, and in an audit pack."""
    folder = tmp_path_factory.mktemp("beside")
    files = {"card.html": ("Model card", "1f" * 32)}
    pages = {
        "columns": make_guides(a_bundle(), ["csv"])["columns.html"],
        "explanations": told_page(explanations(facts())),
        "algo-care": told_page(algo_care(facts())),
        "contents": told_page(contents_page(facts(), files)),
    }
    for name, content in pages.items():
        (folder / f"{name}.html").write_bytes(content)
    return folder


def opened(browser: Any, path: Path, width: int = 1280) -> tuple[Any, list[str]]:
    """Return the page, and all that it complained of or asked for."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(path.as_uri())
    return page, heard


def test_it_asks_for_nothing_and_breaks_no_policy_of_its_own(browser: Any, list_html: Path) -> None:
    page, heard = opened(browser, list_html)
    assert heard == [list_html.as_uri()]
    assert page.evaluate("getComputedStyle(document.querySelector('.tier-1')).color") == (
        "rgb(255, 255, 255)"
    )


@pytest.mark.parametrize("width", [1280, 768, 360])
def test_no_width_makes_anyone_scroll_sideways(browser: Any, list_html: Path, width: int) -> None:
    page, _ = opened(browser, list_html, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = """width => [...document.querySelectorAll('td, th, p, li, h3, svg')]
        .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > width + 1)
        .map(one => one.textContent.slice(0, 40))"""
    assert page.evaluate(beyond, width) == []


def test_the_ranked_table_is_a_table_at_every_width(browser: Any, list_html: Path) -> None:
    for width in (1280, 360):
        page, _ = opened(browser, list_html, width)
        table = page.get_by_role("table").first
        assert table.get_by_role("columnheader").count() == 6
        assert table.get_by_role("rowheader").count() == 5


def test_the_keyboard_reaches_the_list_first(browser: Any, list_html: Path) -> None:
    page, _ = opened(browser, list_html)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the ranked list"
    assert page.evaluate("document.activeElement.checkVisibility()")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#list"


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_about_groups_asks_for_nothing_and_fits(
    browser: Any, groups_html: Path, width: int
) -> None:
    page, heard = opened(browser, groups_html, width)
    assert heard == [groups_html.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = """width => [...document.querySelectorAll('td, th, p, li, svg, svg text')]
        .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > width + 1)
        .map(one => one.textContent.slice(0, 40))"""
    assert page.evaluate(beyond, width) == []


@pytest.mark.parametrize("html", ["list_html", "groups_html"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_fault(
    browser: Any, html: str, width: int, request: pytest.FixtureRequest
) -> None:
    assert faults_of(browser, request.getfixturevalue(html), width) == []


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", ["columns", "explanations", "algo-care", "contents"])
def test_what_lies_beside_a_list_can_be_read_by_all(
    browser: Any, beside_html: Path, name: str, width: int
) -> None:
    path = beside_html / f"{name}.html"
    assert faults_of(browser, path, width) == []
    page, heard = opened(browser, path, width)
    assert heard == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def faults_of(browser: Any, path: Path, width: int) -> list[tuple[str, list[str]]]:
    """Return what axe finds wrong with a page."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    # axe runs as a script, which the page's policy refuses: here alone the policy is set aside.
    context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    found = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    assert len(found.response["passes"]) > 10
    context.close()
    return [
        (fault["id"], [node["html"] for node in fault["nodes"]][:3])
        for fault in found.response["violations"]
    ]


def test_on_a4_each_case_begins_a_page(browser: Any, list_html: Path) -> None:
    page, _ = opened(browser, list_html)
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    page.emulate_media(media="print")
    breaks = page.eval_on_selector_all(
        "#cases, .case", "all => all.map(one => getComputedStyle(one).breakBefore)"
    )
    assert breaks == ["page", "auto", "page", "page", "auto", "page"]


def test_hostile_text_runs_nothing_and_fetches_nothing(browser: Any, tmp_path: Path) -> None:
    content = invented_content(with_every_text(invented_tables(3, 2), HOSTILE))
    path = write_bundle(tmp_path, content, make_papers).folder / "list.html"
    for width in (1280, 360):
        page, heard = opened(browser, path, width)
        assert heard == [path.as_uri()]
        assert page.title().startswith("Discussion list as of 1 March 2026")
        assert page.evaluate("document.images.length + document.scripts.length") == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert HOSTILE in page.inner_text("main")
