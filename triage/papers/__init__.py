"""Papers: what people read of a discussion list, in a browser, on paper, in a terminal.

Every paper is made from a bundle alone: the same bundle gives the same bytes, today or in five
years, whoever asks. One typed page (:class:`ListPage`) says what there is to say; each format
only sets it: ``list.html`` for people, ``list.csv`` for workbooks, ``list.json`` for programs,
the pack as a tagged PDF to print, and two views in a terminal. What each column of the CSV and
each field of the JSON means is said once, and from that the guide and the JSON Schema are made that
lie beside them. An agency gets a paper
of its own, of what it may see, and the public one of counts. Other pages are not about a list: the
catalogue of the features that a workspace makes, their profile over many people, a backtest
(:class:`BacktestReport`), a model's card (:class:`Card`), a monitor (:class:`MonitorReport`) and
groups at the cut (:class:`FairnessReport`);
none of them tells of a small group.

Why this shape: whoever reads a list has ten minutes a case and was not there when it was made. So
the page keeps the words of the features and rules, puts the records behind each reason, tells
chances out of the same hundred beside those of all referrals, and says what is not known. HTML
is one file without script, font or network, whose content policy refuses any: it opens on a
locked-down machine and can be filed. Everything that came from an extract is hostile until shown:
templates escape, control and direction characters are spelled out, spreadsheets get no formula.
The drawing of a score is made here and not in ``explain``, so that opening a list loads neither
a model nor the library that explains one.
"""

from triage.papers.audit_packs import (
    AuditFacts,
    Replay,
    algo_care,
    contents_page,
    explanations,
    ledger_csv,
    no_card_page,
    replay_page,
)
from triage.papers.backtest_pages import backtest_page
from triage.papers.backtests import (
    BacktestReport,
    HandlingFigures,
    ListFigures,
    RankerFigures,
    backtest_csv,
)
from triage.papers.cards import (
    Approval,
    Card,
    atrs_markdown,
    atrs_page,
    card_markdown,
    card_page,
)
from triage.papers.case_pages import case_markdown, case_page
from triage.papers.changing import Change, Changes
from triage.papers.comparing import Comparison, Difference, SingleFact, Theme
from triage.papers.distribution import sparkline
from triage.papers.fairness import (
    FAIRNESS_COLUMNS,
    SUMMARY_COLUMNS,
    FairnessReport,
    fairness_csv,
    fairness_json,
    fairness_rows,
    fairness_summary,
)
from triage.papers.fairness_pages import fairness_page, outside_words
from triage.papers.feature_pages import Period, catalogue_page, profile_page
from triage.papers.listed import Aside, Case, ListPage, Reason, Record, Step
from triage.papers.making import READERS, make_guides, make_paper, make_papers
from triage.papers.monitors import (
    MONITOR_COLUMNS,
    MonitorReport,
    monitor_csv,
    monitor_page,
    monitor_rows,
)
from triage.papers.pages import comparison, list_page, themes
from triage.papers.policy_pages import trial_page
from triage.papers.reviews import review_csv
from triage.papers.rules_seen import RULE_COLUMNS, RuleSeen, rule_rows, rules_asked
from triage.papers.schemas import columns_markdown, list_schema, told_schema
from triage.papers.terminal import CaseForm, Form, print_case, print_list
from triage.papers.told import told_markdown, told_page

__all__ = [
    "FAIRNESS_COLUMNS",
    "MONITOR_COLUMNS",
    "READERS",
    "RULE_COLUMNS",
    "SUMMARY_COLUMNS",
    "Approval",
    "Aside",
    "AuditFacts",
    "BacktestReport",
    "Card",
    "Case",
    "CaseForm",
    "Change",
    "Changes",
    "Comparison",
    "Difference",
    "FairnessReport",
    "Form",
    "HandlingFigures",
    "ListFigures",
    "ListPage",
    "MonitorReport",
    "Period",
    "RankerFigures",
    "Reason",
    "Record",
    "Replay",
    "RuleSeen",
    "SingleFact",
    "Step",
    "Theme",
    "algo_care",
    "atrs_markdown",
    "atrs_page",
    "backtest_csv",
    "backtest_page",
    "card_markdown",
    "card_page",
    "case_markdown",
    "case_page",
    "catalogue_page",
    "columns_markdown",
    "comparison",
    "contents_page",
    "explanations",
    "fairness_csv",
    "fairness_json",
    "fairness_page",
    "fairness_rows",
    "fairness_summary",
    "ledger_csv",
    "list_page",
    "list_schema",
    "make_guides",
    "make_paper",
    "make_papers",
    "monitor_csv",
    "monitor_page",
    "monitor_rows",
    "no_card_page",
    "outside_words",
    "print_case",
    "print_list",
    "profile_page",
    "replay_page",
    "review_csv",
    "rule_rows",
    "rules_asked",
    "sparkline",
    "themes",
    "told_markdown",
    "told_page",
    "told_schema",
    "trial_page",
]
