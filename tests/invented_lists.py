"""Discussion lists that are made up, built anew for each test."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import pyarrow as pa

from triage.lists import (
    BROUGHT,
    CAUSES,
    CHANGES,
    DISAGREEMENTS,
    EARLIER,
    EVIDENCE,
    FACTS,
    FAITHFULNESS,
    JOINED,
    LINKS,
    MOVES,
    NOT_FOR_PANEL,
    PLACES,
    QUESTIONS,
    REASONS,
    REFERRALS,
    RULES,
    SCALES,
    WEIGHTS,
    AgainstFacts,
    ListContent,
    ListTables,
    ModelFacts,
    PanelFacts,
)

AS_OF = datetime.date(2026, 3, 1)
AGAINST = AgainstFacts(
    list_id="2026-02-15-0a1b2c3d",
    as_of=datetime.date(2026, 2, 15),
    model="boosted_trees",
    model_version="2",
)
BASE = -2.6
RAISING: list[tuple[str, str, Callable[[random.Random], str]]] = [
    (
        "strangulation_incidents_365d",
        "violence",
        lambda r: f"{r.randint(2, 3)} incidents with strangulation in the last 12 months",
    ),
    (
        "incidents_365d",
        "incidents",
        lambda r: f"{r.randint(3, 9)} domestic incidents in the last 12 months",
    ),
    (
        "harm_days_730d",
        "incidents",
        lambda r: (
            f"domestic incidents that add up to {r.randint(300, 1900):,} days of harm "
            "in the last 2 years"
        ),
    ),
    (
        "incidents_days_since_last",
        "incidents",
        lambda r: f"the last domestic incident was {r.randint(4, 80)} days ago",
    ),
    (
        "victims_1095d",
        "victims",
        lambda r: f"{r.randint(2, 4)} different victims in the last 3 years",
    ),
    (
        "breaches_365d",
        "orders",
        lambda r: f"{r.randint(2, 4)} breaches of an order or of conditions in the last 12 months",
    ),
    ("separation", "referral", lambda r: "the victim is leaving or has left"),
    (
        "weapon_incidents_365d",
        "violence",
        lambda r: "1 incident with a weapon in the last 12 months",
    ),
    (
        "ticks_latest",
        "assessments",
        lambda r: f"{r.randint(10, 22)} ticks on the latest risk assessment",
    ),
]
LOWERING = [
    ("custody_days_since_last", "custody", "no time in custody on record"),
    ("age", "referral", "the person is 58 years old"),
    (
        "injury_incidents_365d",
        "violence",
        "no incidents in which a victim was injured in the last 12 months",
    ),
]
UNKNOWN = [
    (
        "pregnancy",
        "referral",
        "not known: the referral does not say whether the victim is pregnant",
    ),
    (
        "suicidal_ideation",
        "referral",
        "not known: the referral does not say whether the person is suicidal",
    ),
    ("ticks_change", "assessments", "not known: fewer than two risk assessments are on record"),
]
AGENCIES = {
    "police": "Police",
    "probation": "Probation",
    "health": "Health",
    "social_care": "Adult and children's social care",
    "housing": "Housing",
}
MEANINGS = [
    "assault with injury",
    "non-fatal strangulation or suffocation",
    "harassment",
    "domestic incident without a crime",
    "breach of an order or of conditions",
]
ROUTES = ["visible high risk", "professional judgement", "escalation", "repeat", None]
TIERS = {1: "Urgent", 2: "Must be discussed", 3: "In order of score"}
STRANGULATION = {
    "rule_id": "strangulation_recent",
    "title": "Strangulation in the last year",
    "effect": "floor: urgent",
    "source": "Glass et al. 2008, Journal of Emergency Medicine 35(3), PMC2573025.",
    "tests": ["strangulation_incidents_365d is at least 1"],
    "fields": ["strangulation_incidents_365d"],
}
SUICIDAL = {
    "rule_id": "suicidal_ideation",
    "title": "The person's own suicidal thoughts",
    "effect": "floor: must_discuss",
    "source": "Bridger et al. 2017, Cambridge Journal of Evidence-Based Policing.",
    "tests": ["suicidal_ideation_records_365d is at least 1", "referral.suicidal_ideation is yes"],
    "fields": ["suicidal_ideation_records_365d", "referral.suicidal_ideation"],
}
SERIAL = {
    "rule_id": "serial",
    "title": "Several victims",
    "effect": "flag",
    "source": "Northumbria: two or more victims within three years.",
    "tests": ["victims_1095d is at least 2"],
    "fields": ["victims_1095d"],
}


def invented_tables(
    ranked: int = 30, aside: int = 4, *, capacity: int = 16, near_misses: int = 8, seed: int = 7
) -> ListTables:
    """Return the tables of a list that could be one."""
    chance = random.Random(seed)
    cases = sorted((_case(chance) for _ in range(ranked)), key=lambda c: (c["tier"], -c["score"]))
    referrals, reasons, contributions, features = [], [], [], []
    rules: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    weights: list[dict[str, Any]] = []
    scores = sorted((case["score"] for case in cases), reverse=True)
    for rank, case in enumerate(cases, start=1):
        referral_id = f"R{chance.randint(10000, 99999)}-{rank:02d}"
        told = list(_reasons(case, referral_id))
        agency = chance.choice(list(AGENCIES))
        tiers = [other["tier"] for other in cases]
        referrals.append(
            {
                "rank": rank,
                "referral_id": referral_id,
                "person_id": f"P{chance.randint(100000, 999999)}",
                "made_on": AS_OF - datetime.timedelta(days=chance.randint(0, 30)),
                "agency": agency,
                "agency_name": AGENCIES[agency],
                "route": chance.choice(ROUTES),
                "tier": case["tier"],
                "tier_name": TIERS[case["tier"]],
                "standing": "discuss"
                if rank <= capacity
                else "near_miss"
                if rank <= capacity + near_misses
                else "below",
                "base": BASE,
                "score": case["score"],
                "probability": 1 / (1 + math.exp(-case["score"])),
                "rules_alone_first": tiers.index(case["tier"]) + 1,
                "rules_alone_last": len(tiers) - tiers[::-1].index(case["tier"]),
                "model_alone": scores.index(case["score"]) + 1,
            }
        )
        reasons.extend(told)
        by_name = {one["name"]: one["contribution"] for one in told if one["origin"] != "rule"}
        names = [name for name, *_ in RAISING] + [name for name, *_ in LOWERING + UNKNOWN]
        shares = {name: by_name.get(name, 0.0) for name in names}
        shares["age"] += by_name[""]
        contributions.append(
            {"referral_id": referral_id, "base": BASE, "score": case["score"], **shares}
        )
        weights.extend(_weights(referral_id, told, shares))
        features.append({"referral_id": referral_id, **{name: chance.random() for name in names}})
        rules.extend(_rules(case, referral_id))
        evidence.extend(row for one in told for row in _records(one, chance))
    return ListTables(
        referrals=pa.Table.from_pylist(referrals, schema=REFERRALS),
        places=pa.Table.from_pylist(list(_places(referrals, capacity)), schema=PLACES),
        questions=pa.Table.from_pylist(list(_questions(referrals)), schema=QUESTIONS),
        not_for_panel=pa.Table.from_pylist(list(_asides(aside, chance)), schema=NOT_FOR_PANEL),
        reasons=pa.Table.from_pylist(reasons, schema=REASONS),
        contributions=_wide(contributions, ["referral_id", "base", "score"]),
        rules=pa.Table.from_pylist(rules, schema=RULES),
        evidence=pa.Table.from_pylist(evidence, schema=EVIDENCE),
        features=_wide(features, ["referral_id"]),
        brought=pa.Table.from_pylist(
            [row for one in referrals for row in _brought(one, chance)], schema=BROUGHT
        ),
        facts=pa.Table.from_pylist([row for one in referrals for row in _facts(one)], schema=FACTS),
        weights=pa.Table.from_pylist(weights, schema=WEIGHTS),
        disagreements=pa.Table.from_pylist(
            [_disagreement(referrals[0])] if referrals else [], schema=DISAGREEMENTS
        ),
        faithfulness=pa.Table.from_pylist(
            [
                {
                    "measure": "deletion",
                    "value": 0.9,
                    "by_chance": 0.5,
                    "referrals": ranked,
                    "text": "Share of the way.",
                }
            ],
            schema=FAITHFULNESS,
        ),
        changes=pa.Table.from_pylist(
            [row for one in referrals for row in _changes(one)], schema=CHANGES
        ),
    )


def invented_content(tables: ListTables | None = None, **changes: Any) -> ListContent:
    """Return a list that could be one, with some of its parts changed."""
    tables = tables or invented_tables()
    content = ListContent(
        as_of=AS_OF,
        created_at=datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC),
        synthetic=True,
        panel=PanelFacts(
            name="Example perpetrator panel",
            area="Example area",
            capacity=16,
            near_misses=8,
            open_days=31,
        ),
        model=ModelFacts(
            name="boosted_trees",
            title="Shallow trees, each mending the last",
            unit="log_odds",
            version="3",
            sha256="5e" * 32,
            outcome="high_harm_365",
            outcome_meaning="a domestic incident of high harm, against any victim, within 365 days",
            horizon_days=365,
            base_rate=0.083,
            trained_on=5120,
        ),
        code_version="0.1.0",
        inputs={"data/police.csv": "0a" * 32, "data/health.csv": "1b" * 32},
        configs={"configs/panel.yaml": "2c" * 32, "configs/rules/lethality.yaml": "3d" * 32},
        referrals_in=sum(
            one.num_rows for one in (tables.referrals, tables.not_for_panel, tables.joined)
        ),
        against=AGAINST if tables.moves.num_rows else None,
        tables=tables,
    )
    return replace(content, **changes)


def with_beside(tables: ListTables) -> ListTables:
    """Return the tables of at least four referrals with something beside their places."""
    ids = tables.referrals["referral_id"].to_pylist()
    persons = tables.referrals["person_id"].to_pylist()
    made_on = AS_OF - datetime.timedelta(days=3)
    swapped = [ids[-1], *ids[1:-1], ids[0]]
    standing = tables.referrals["standing"].to_pylist()
    joined = {
        "referral_id": "R-JOINED",
        "case_id": ids[0],
        "person_id": persons[0],
        "made_on": made_on,
        "agency_name": "Health",
        "route": None,
        "tier_name": "by score",
        "reasons": ["Violence and pregnancy: the victim is pregnant", "children live in the home"],
    }
    earlier = {
        "referral_id": ids[1],
        "list_id": AGAINST.list_id,
        "as_of": AGAINST.as_of,
        "rank": 3,
        "standing": "discuss",
        "then_id": "R-THEN",
        "lists": 2,
        "records": 4,
        "changes": ["3 incidents in the last 12 months; then: no incidents in the last 12 months"],
        "decision": None,
        "met_on": None,
    }
    return replace(
        tables,
        joined=pa.Table.from_pylist([joined], schema=JOINED),
        links=pa.Table.from_pylist(
            [
                {"referral_id": ids[one], "other_id": ids[other], "by": "victim"}
                for one, other in ((1, 2), (2, 1))
            ],
            schema=LINKS,
        ),
        scales=pa.Table.from_pylist(
            [
                {
                    "referral_id": name,
                    "scale": "ons",
                    "title": "ONS Crime Severity Score",
                    "rank": rank,
                    "standing": standing[rank - 1],
                }
                for rank, name in enumerate(swapped, start=1)
            ],
            schema=SCALES,
        ),
        earlier=pa.Table.from_pylist([earlier], schema=EARLIER),
        moves=pa.Table.from_pylist(list(_moves(ids, persons)), schema=MOVES),
    )


def _moves(ids: list[str], persons: list[str]) -> Iterator[dict[str, Any]]:
    for rank, (name, person) in enumerate(zip(ids, persons, strict=True), start=1):
        then = {2: 5, 3: 1}.get(rank, rank)
        status = "new" if rank == 1 else "up" if then > rank else "down" if then < rank else "same"
        row = {"referral_id": name, "person_id": person, "status": status, "rank_now": rank}
        row["text"] = f"Told of {name}."
        if rank > 1:
            causes = dict.fromkeys(CAUSES, 0) | {"facts": 2, "others": then - rank - 2}
            row |= {"rank_then": then, "standing_then": "discuss", **causes}
        yield row
    yield {
        "referral_id": "R-GONE",
        "person_id": "P-GONE",
        "status": "gone",
        "rank_then": 2,
        "standing_then": "near_miss",
        "text": "No longer open.",
    }


def with_every_text(tables: ListTables, text: str) -> ListTables:
    """Return the tables with a text in every column of words that come from outside."""
    words = {"text", "title", "reason", "source", "meaning", "agency_name", "route", "tier_name"}
    words |= {"person_id", "event_id", "until", "by"}
    changed = {}
    for field in fields(ListTables):
        table: pa.Table = getattr(tables, field.name)
        for position, column in enumerate(table.schema):
            if column.name in words and pa.types.is_string(column.type):
                values = pa.array([text] * table.num_rows, pa.string())
                table = table.set_column(position, column, values)
            elif field.name in ("joined", "earlier") and pa.types.is_list(column.type):
                values = pa.array([[text]] * table.num_rows, column.type)
                table = table.set_column(position, column, values)
        changed[field.name] = table
    return ListTables(**changed)


def _places(referrals: list[dict[str, Any]], capacity: int) -> Iterator[dict[str, Any]]:
    """Yield bands of up to three within each tier, told from ten members."""
    for row in referrals:
        first = row["rules_alone_first"]
        head = row["rank"] - (row["rank"] - first) % 3
        above = row["rank"] <= capacity
        yield {
            "referral_id": row["referral_id"],
            "band_first": head,
            "band_last": min(head + 2, row["rules_alone_last"]),
            "members": 10,
            "score_low": row["score"] - 0.4,
            "score_high": row["score"] + 0.4,
            "chance_within_capacity": 1.0 if row["tier"] < 3 else 0.7 if above else 0.1,
            "reserved": False,
            "best_rank": 1 if row["rank"] % 2 else row["rank"],
            "worst_rank": row["rank"],
            "changes": ["tier", "band"] if row["rank"] % 2 and row["rank"] > 1 else [],
            "chance_of_change": 0.25 if row["rank"] % 2 and row["rank"] > 1 else 0.0,
            "provisional": bool(row["rank"] % 2 and row["rank"] > 1),
            "audit_sample": row["rank"] == 20,
        }


def _questions(referrals: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a question about records of each referral at an odd place, but for the first."""
    for row in referrals[2::2]:
        yield {
            "referral_id": row["referral_id"],
            "place": 1,
            "key": "event.strangulation",
            "text": "strangulation or suffocation",
            "held_by": ["Police"],
            "records": 2,
            "last_on": AS_OF - datetime.timedelta(days=12),
            "answers": ["no", "yes"],
            "ranks": [row["rank"], 1],
            "tiers": [row["tier"], 1],
            "moves": row["rank"] - 1,
            "changes": ["tier", "band"],
            "chance": 0.25,
        }


def _case(chance: random.Random) -> dict[str, Any]:
    facts = chance.sample(RAISING, chance.randint(1, 7))
    raising = {
        name: (theme, words(chance), round(chance.uniform(0.05, 0.95), 3))
        for name, theme, words in facts
    }
    lowering = {
        name: (theme, text, -round(chance.uniform(0.02, 0.5), 3))
        for name, theme, text in chance.sample(LOWERING, chance.randint(0, 3))
    }
    unknown = {
        name: (theme, text, chance.choice([0.0, 0.04, -0.03]))
        for name, theme, text in chance.sample(UNKNOWN, chance.randint(0, 3))
    }
    rest = round(chance.uniform(-0.2, 0.2), 3)
    strangled = "strangulation_incidents_365d" in raising and chance.random() < 0.7
    total = (
        BASE + rest + sum(one[2] for part in (raising, lowering, unknown) for one in part.values())
    )
    return {
        "raising": raising,
        "lowering": lowering,
        "unknown": unknown,
        "rest": rest,
        "strangled": strangled,
        "tier": 1 if strangled else 2 if chance.random() < 0.1 else 3,
        "score": total,
    }


def _brought(referral: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    for agency, name in AGENCIES.items():
        records = chance.choice([0, 0, 1, 4, 12])
        yield {
            "referral_id": referral["referral_id"],
            "agency": agency,
            "agency_name": name,
            "records": records,
            "latest_on": AS_OF - datetime.timedelta(days=chance.randint(3, 400))
            if records
            else None,
        }


def _facts(referral: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for heading, name, text, known in (
        ("Victims and children", "children_in_home", "children live in the home", True),
        ("Victims and children", *UNKNOWN[0][::2], False),
        ("Orders and custody", "order_active", "a protective order is in force", True),
    ):
        yield {
            "referral_id": referral["referral_id"],
            "heading": heading,
            "name": name,
            "text": text,
            "known": known,
        }


def _reasons(case: dict[str, Any], referral_id: str) -> Iterator[dict[str, Any]]:
    rows = []
    if case["strangled"]:
        text = "Strangled a victim without killing: 2 incidents with strangulation."
        rows.append(("rule", "raises", True, "strangulation_recent", "lethality", text, 0.0))
    for part, known in (("raising", True), ("unknown", False), ("lowering", True)):
        for name, (theme, text, log_odds) in sorted(
            case[part].items(), key=lambda i: -abs(i[1][2])
        ):
            direction = "raises" if log_odds > 0 else "lowers" if log_odds < 0 else "none"
            rows.append(("model", direction, known, name, theme, text, log_odds))
    rows.append(("rest", "none", True, "", "", "all other facts together", case["rest"]))
    for place, row in enumerate(rows, start=1):
        origin, direction, known, name, theme, text, log_odds = row
        yield {
            "referral_id": referral_id,
            "place": place,
            "origin": origin,
            "direction": direction,
            "known": known,
            "name": name,
            "theme": theme,
            "text": text,
            "contribution": log_odds,
            "feature_names": [name] if name else [],
        }


def _disagreement(referral: dict[str, Any]) -> dict[str, Any]:
    return {
        "referral_id": referral["referral_id"],
        "rule_id": "strangulation_recent",
        "title": "Strangulation in the last year",
        "name": "strangulation_incidents_365d",
        "text": "2 incidents with strangulation in the last 12 months",
        "contribution": -0.3,
    }


def _changes(referral: dict[str, Any]) -> Iterator[dict[str, Any]]:
    tried = [
        ("answer", "referral.pregnancy", 1, "the victim is pregnant", 2),
        ("event", "threat_to_kill", 1, "one more threat to kill", 1),
        ("time", "quiet", 3, "3 months", 3),
    ]
    for kind, name, amount, text, rank in tried:
        crosses = "line" if (referral["rank"] <= 16) != (rank <= 16) else "tier"
        yield {
            "referral_id": referral["referral_id"],
            "kind": kind,
            "name": name,
            "amount": amount,
            "text": text,
            "tier": rank,
            "tier_name": TIERS[rank],
            "score": referral["score"] + 0.1,
            "rank": rank,
            "crosses": crosses,
            "told": 1 if kind == "event" else 0,
        }


def _weights(
    referral_id: str, told: list[dict[str, Any]], shares: dict[str, float]
) -> Iterator[dict[str, Any]]:
    texts = {one["name"]: one for one in told if one["origin"] == "model"}
    for name, share in shares.items():
        one = texts.get(name, {"theme": "other", "text": f"none of {name}", "known": True})
        yield {
            "referral_id": referral_id,
            "theme": one["theme"],
            "theme_title": one["theme"].capitalize(),
            "group": name,
            "name": name,
            "text": one["text"],
            "known": one["known"],
            "contribution": share,
        }


def _rules(case: dict[str, Any], referral_id: str) -> Iterator[dict[str, Any]]:
    wanting = "Not known: the referral does not say whether the person is suicidal"
    told = {
        "strangulation_recent": "Strangled a victim: 2 incidents with strangulation.",
        "suicidal_ideation": wanting,
        "serial": "Counts as serial: 2 different victims in the last 3 years.",
    }
    for rule, truth in (
        (STRANGULATION, "yes" if case["strangled"] else "no"),
        (
            SUICIDAL,
            "yes"
            if case["tier"] == 2
            else "unknown"
            if "suicidal_ideation" in case["unknown"]
            else "no",
        ),
        (SERIAL, "yes" if "victims_1095d" in case["raising"] else "no"),
    ):
        leaves = len(rule["tests"])
        yield {
            "referral_id": referral_id,
            **rule,
            "truth": truth,
            "reason": told[str(rule["rule_id"])] if truth != "no" else "",
            "asks": rule["fields"],
            "truths": [truth] * leaves,
            "decides": [True] * leaves,
        }


def _records(reason: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    if reason["direction"] != "raises" or not reason["known"]:
        return
    for _ in range(chance.randint(0, 7)):
        happened = AS_OF - datetime.timedelta(days=chance.randint(3, 360))
        yield {
            "referral_id": reason["referral_id"],
            "place": reason["place"],
            "event_id": f"E{chance.randint(1000000, 9999999)}",
            "source": chance.choice(["police", "probation", "health"]),
            "agency_name": chance.choice(list(AGENCIES.values())),
            "meaning": chance.choice(MEANINGS),
            "happened_on": happened,
            "known_on": happened + datetime.timedelta(days=chance.randint(0, 2)),
        }


def _asides(number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    kinds = [
        (
            "ineligible",
            "outside_area",
            "The referring agency says that the person lives outside this panel's area.",
            None,
        ),
        (
            "on_hold",
            "in_custody",
            "The person is in custody, out of reach of most of the programme's work.",
            "the person is released",
        ),
        (
            "ineligible",
            "under_16",
            "Below the age of this panel (the person is 15 years old).",
            None,
        ),
        (
            "set_aside",
            None,
            "The row could not be used: the person is not in any people source.",
            None,
        ),
    ]
    for position in range(number):
        kind, rule_id, text, until = kinds[position % len(kinds)]
        yield {
            "referral_id": f"R{chance.randint(10000, 99999)}-N{position}",
            "person_id": None if kind == "set_aside" else f"P{chance.randint(100000, 999999)}",
            "made_on": None if kind == "set_aside" else AS_OF - datetime.timedelta(days=position),
            "agency_name": "Police" if kind != "set_aside" else None,
            "kind": kind,
            "rule_id": rule_id,
            "text": text,
            "until": until,
        }


def _wide(rows: list[dict[str, Any]], first: list[str]) -> pa.Table:
    if rows:
        return pa.Table.from_pylist(rows)
    columns = {
        name: pa.array([], pa.string() if name == "referral_id" else pa.float64()) for name in first
    }
    return pa.table(columns)
