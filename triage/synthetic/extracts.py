"""Each agency's own way to write what it has on record: columns, codes, answers, dates, ids.

Nothing here is a real agency's form. The codes are invented; ``configs/sources/`` maps them back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.conditions import Answer
from triage.synthetic.area import Area
from triage.synthetic.population import AREAS, ETHNICITIES, SEXES

__all__ = ["EVENT_EXTRACTS", "people_extract", "referrals_extract"]

Texts = npt.NDArray[np.object_]

POLICE_CODES = {
    "verbal_dispute": "N100",
    "malicious_communications": "H110",
    "harassment": "H210",
    "stalking": "H220",
    "coercive_control": "H230",
    "criminal_damage": "D110",
    "arson": "D310",
    "breach_of_order": "O110",
    "assault_without_injury": "V210",
    "assault_with_injury": "V220",
    "threats_to_kill": "V230",
    "serious_wounding": "V310",
    "strangulation": "V320",
    "kidnapping": "V330",
    "attempted_murder": "V410",
    "homicide": "V420",
    "sexual_assault": "S210",
    "rape": "S310",
    "burglary": "B310",
    "weapon_possession": "W310",
}
POLICE_OTHER_CODES = ("X101", "X117", "X204", "X350")
ORDER_CODES = {
    "bail_conditions": "BAIL",
    "protection_notice": "DAPN",
    "non_molestation_order": "NMO",
    "restraining_order": "RO",
}
HEALTH_CODES = {
    "emergency_attendance": "ED",
    "mental_health_contact": "MH",
    "gp_concern": "GP",
    "verbal_dispute": "DA00",
    "malicious_communications": "DA01",
    "harassment": "DA02",
    "stalking": "DA03",
    "coercive_control": "DA04",
    "criminal_damage": "DA05",
    "breach_of_order": "DA06",
    "assault_without_injury": "DA10",
    "assault_with_injury": "DA11",
    "threats_to_kill": "DA12",
    "serious_wounding": "DA13",
    "strangulation": "DA14",
    "kidnapping": "DA15",
    "attempted_murder": "DA16",
    "homicide": "DA17",
    "sexual_assault": "DA20",
    "rape": "DA21",
    "arson": "DA30",
    "burglary": "DA31",
    "weapon_possession": "DA32",
    "other_crime": "DA99",
}
SOCIAL_CARE_CODES = {
    "child_protection_plan": "Child protection plan",
    "child_in_need": "Child in need plan",
    "adult_safeguarding": "Adult safeguarding concern",
    "verbal_dispute": "Disclosure – argument",
    "malicious_communications": "Disclosure – messages",
    "harassment": "Disclosure – harassment",
    "stalking": "Disclosure – stalking",
    "coercive_control": "Disclosure – control",
    "criminal_damage": "Disclosure – damage",
    "breach_of_order": "Disclosure – order breached",
    "assault_without_injury": "Disclosure – assault, no injury",
    "assault_with_injury": "Disclosure – assault, injury",
    "threats_to_kill": "Disclosure – threat to kill",
    "serious_wounding": "Disclosure – serious wounding",
    "strangulation": "Disclosure – strangulation",
    "kidnapping": "Disclosure – held against will",
    "attempted_murder": "Disclosure – attempt on life",
    "homicide": "Death of victim",
    "sexual_assault": "Disclosure – sexual assault",
    "rape": "Disclosure – rape",
    "arson": "Disclosure – fire",
    "burglary": "Disclosure – break-in",
    "weapon_possession": "Disclosure – weapon",
    "other_crime": "Disclosure – other",
}
HOUSING_CODES = {
    "housing_complaint": "CMP",
    "homelessness": "HML",
    "eviction": "EVI",
    "verbal_dispute": "NSE",
    "malicious_communications": "MSG",
    "harassment": "HRS",
    "stalking": "STK",
    "coercive_control": "CCB",
    "criminal_damage": "DMG",
    "breach_of_order": "BRC",
    "assault_without_injury": "ASL",
    "assault_with_injury": "ASI",
    "threats_to_kill": "THR",
    "serious_wounding": "WND",
    "strangulation": "NFS",
    "kidnapping": "KID",
    "attempted_murder": "ATM",
    "homicide": "HOM",
    "sexual_assault": "SXA",
    "rape": "RAP",
    "arson": "FIR",
    "burglary": "BRG",
    "weapon_possession": "WPN",
    "other_crime": "OTH",
}
PROBATION_CODES = {
    "community_order": "1",
    "supervision_contact": "2",
    "missed_appointment": "3",
    "verbal_dispute": "40",
    "malicious_communications": "41",
    "harassment": "42",
    "stalking": "43",
    "coercive_control": "44",
    "criminal_damage": "45",
    "breach_of_order": "46",
    "assault_without_injury": "50",
    "assault_with_injury": "51",
    "threats_to_kill": "52",
    "serious_wounding": "53",
    "strangulation": "54",
    "kidnapping": "55",
    "attempted_murder": "56",
    "homicide": "57",
    "sexual_assault": "60",
    "rape": "61",
    "arson": "70",
    "burglary": "71",
    "weapon_possession": "72",
    "other_crime": "99",
}
SUBSTANCE_USE_CODES = {
    "alcohol_treatment": "tx-alcohol",
    "drug_treatment": "tx-drugs",
    "missed_appointment": "dna",
    "verbal_dispute": "da-verbal",
    "malicious_communications": "da-messages",
    "harassment": "da-harassment",
    "stalking": "da-stalking",
    "coercive_control": "da-control",
    "criminal_damage": "da-damage",
    "breach_of_order": "da-breach",
    "assault_without_injury": "da-assault",
    "assault_with_injury": "da-assault-injury",
    "threats_to_kill": "da-threat-to-kill",
    "serious_wounding": "da-wounding",
    "strangulation": "da-strangulation",
    "kidnapping": "da-kidnap",
    "attempted_murder": "da-attempted-murder",
    "homicide": "da-homicide",
    "sexual_assault": "da-sexual",
    "rape": "da-rape",
    "arson": "da-fire",
    "burglary": "da-burglary",
    "weapon_possession": "da-weapon",
    "other_crime": "da-other",
}
CUSTODY_CODES = {"remand": "R", "sentence": "S"}
PLACE_CODES = {"on_programme": "PROGRAMME", "cara_course": "CARA"}
ROUTE_CODES = {
    "visible_high_risk": "VHR",
    "professional_judgement": "PJ",
    "escalation": "ESC",
    "repeat": "REP",
}
RELATIONSHIP_CODES = {"partner": "P", "former_partner": "XP", "family": "F", "other": "O"}
REFERRER_CODES = {
    "police": "POL",
    "probation": "NPS",
    "health": "NHS",
    "social_care": "ASC",
    "housing": "HSG",
    "substance_use": "DAS",
}

POLICE_ANSWERS = ("N", "Y", "U", "")
ASSESSMENT_ANSWERS = ("No", "Yes", "Don't know", "")
SOCIAL_CARE_ANSWERS = ("No", "Yes", "Don’t know", "Not asked")
HOUSING_ANSWERS = ("0", "1", "?", "")
HEALTH_ANSWERS = (0, 1, 9, None)
SUBSTANCE_USE_ANSWERS = ("no", "yes", "declined", None)
PROBATION_ANSWERS = ("N", "Y", "NK", None)
REFERRAL_ANSWERS = ("no", "yes", "unknown", "not asked")
"""What stands for no, yes, unknown and not asked, in this order."""


def people_extract(area: Area) -> pd.DataFrame:
    """Return the programme's own index of the people whom any agency knows."""
    people, ids = area.population, area.person_ids
    known = np.flatnonzero(ids != "")
    known = known[np.argsort(ids[known])]
    rng = area.chance("people")
    ethnicity = np.array(["A", "B", "M", "O", "W"], dtype=object)[
        np.array([sorted(ETHNICITIES).index(name) for name in ETHNICITIES])[people.ethnicity]
    ]
    ethnicity[rng.random(len(ids)) < 0.07] = ""
    born = _iso(area, people.born)
    born[rng.random(len(ids)) < 0.008] = ""
    home = _pick([name.upper() for name in AREAS], people.area)
    home[rng.random(len(ids)) < 0.02] = ""
    return pd.DataFrame(
        {
            "person_id": ids[known],
            "birth_date": born[known],
            "sex": _pick([name[0].upper() for name in SEXES], people.sex)[known],
            "ethnic_group": ethnicity[known],
            "area": home[known],
            "date_of_death": _until_now(area, people.died_on)[known],
            "left_area": _until_now(
                area, np.where(people.left_on < people.died_on, people.left_on, 10**7)
            )[known],
        }
    )


def referrals_extract(area: Area) -> pd.DataFrame:
    """Return the referrals that came to the programme."""
    rows = area.records.referrals
    return pd.DataFrame(
        {
            "referral_no": _numbered("R-", rows),
            "person_id": area.person_ids[rows["person"]],
            "received": _iso(area, rows["day"]),
            "from": _coded(rows["agency"], REFERRER_CODES),
            "route": _coded(rows["route"], ROUTE_CODES),
            "victim_is": _coded(rows["relationship"], RELATIONSHIP_CODES),
            "living_together": _answered(rows, "lives_with_victim", REFERRAL_ANSWERS),
            "separating": _answered(rows, "separation", REFERRAL_ANSWERS),
            "pregnancy": _answered(rows, "pregnancy", REFERRAL_ANSWERS),
            "children": _answered(rows, "children_in_home", REFERRAL_ANSWERS),
            "suicidal": _answered(rows, "suicidal_ideation", REFERRAL_ANSWERS),
            "in_area": _answered(rows, "in_area", REFERRAL_ANSWERS),
        }
    )


def _police_incidents(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    offence = _coded(rows["type"], POLICE_CODES)
    others = np.flatnonzero(offence == "")
    offence[others] = np.array(POLICE_OTHER_CODES, dtype=object)[
        rows["person"].to_numpy()[others] % len(POLICE_OTHER_CODES)
    ]
    words = ("Partner", "Ex-partner", "Family", "Other")
    related = _pick([*words, ""], rows["relationship"].to_numpy(dtype=np.int64))
    return pd.DataFrame(
        {
            "CRIME_REF": _numbered("54/", rows),
            "NOMINAL": area.person_ids[rows["person"]],
            "DATE_FROM": _british(area, rows["day"]),
            "DATE_RECORDED": _british(area, rows["known"]),
            "OFFENCE": offence,
            "DA_FLAG": _answered(rows, "domestic", POLICE_ANSWERS),
            "VICTIM_REF": _victims(area, rows, "police_incidents", missing=0.02),
            "VICTIM_REL": related,
            "NFS": _answered(rows, "strangulation", POLICE_ANSWERS),
            "WEAPON": _answered(rows, "weapon", POLICE_ANSWERS),
            "THREAT_KILL": _answered(rows, "threat_to_kill", POLICE_ANSWERS),
            "INJURY": _answered(rows, "injury", POLICE_ANSWERS),
            "CHILD_PRESENT": _answered(rows, "children_present", POLICE_ANSWERS),
            "PREGNANT": _answered(rows, "pregnancy", POLICE_ANSWERS),
            "SEPARATION": _answered(rows, "separation", POLICE_ANSWERS),
            "STALKING": _answered(rows, "stalking", POLICE_ANSWERS),
            "CONTROL": _answered(rows, "coercive_control", POLICE_ANSWERS),
            "SUSPECT_SUICIDAL": _answered(rows, "suicidal_ideation", POLICE_ANSWERS),
            "ALCOHOL": _answered(rows, "alcohol", POLICE_ANSWERS),
            "DRUGS": _answered(rows, "drugs", POLICE_ANSWERS),
            "MH_MARKER": _answered(rows, "mental_health", POLICE_ANSWERS),
            "COHABITING": _answered(rows, "lives_with_victim", POLICE_ANSWERS),
        }
    )


def _police_assessments(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    grade = _pick(["S", "M", "H", "NG"], rows["risk_grade"].fillna(4).to_numpy(dtype=np.int64) - 1)
    return pd.DataFrame(
        {
            "assessment_id": _numbered("RA", rows),
            "nominal": area.person_ids[rows["person"]],
            "completed": _british(area, rows["day"]),
            "tool": np.char.upper(rows["type"].to_numpy(dtype=np.str_)),
            "grade": grade,
            "dash_ticks": rows["ticks"].astype("Int64"),
            "victim": _victims(area, rows, "police_assessments", missing=0.03),
            "separation": _answered(rows, "separation", ASSESSMENT_ANSWERS),
            "pregnancy": _answered(rows, "pregnancy", ASSESSMENT_ANSWERS),
            "perpetrator_suicidal": _answered(rows, "suicidal_ideation", ASSESSMENT_ANSWERS),
        }
    )


def _police_orders(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "OrderNo": _numbered("ORD", rows),
            "SubjectId": area.person_ids[rows["person"]],
            "Kind": _coded(rows["type"], ORDER_CODES),
            "Made": _iso(area, rows["day"]),
            "Entered": _iso(area, rows["known"]),
            "Expires": _iso(area, rows["until"]),
            "Protects": _victims(area, rows, "police_orders", missing=0.05),
        }
    )


def _probation_custody(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    # When somebody is sentenced the day of release is known; how long a remand lasts, nobody knows.
    until = rows["until"].to_numpy()
    is_sentence = (rows["type"] == "sentence").to_numpy()
    released = np.where(is_sentence, _iso(area, until), _until_now(area, until))
    return pd.DataFrame(
        {
            "custody_no": 7_000_000_000 + np.arange(len(rows)),
            "subject": area.person_ids[rows["person"]],
            "basis": _coded(rows["type"], CUSTODY_CODES),
            "received": _iso(area, rows["day"]),
            "released": _none_for_blank(released),
        }
    )


def _probation_supervision(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    until = rows["until"].to_numpy()
    return pd.DataFrame(
        {
            "entry_no": 9_000_000_000 + np.arange(len(rows)),
            "subject": area.person_ids[rows["person"]],
            "entry_code": _coded(rows["type"], PROBATION_CODES).astype(np.int64),
            "entry_date": _iso(area, rows["day"]),
            "ends": _none_for_blank(np.where(until < 0, "", _iso(area, until))),
            "victim": _none_for_blank(_victims(area, rows, "probation_supervision", missing=0.4)),
            "da_related": _answered(rows, "domestic", PROBATION_ANSWERS),
            "threat_to_life": _answered(rows, "threat_to_kill", PROBATION_ANSWERS),
            "stalking": _answered(rows, "stalking", PROBATION_ANSWERS),
            "alcohol": _answered(rows, "alcohol", PROBATION_ANSWERS),
            "drugs": _answered(rows, "drugs", PROBATION_ANSWERS),
            "police_aware": _answered(rows, "police_reported", PROBATION_ANSWERS),
        }
    )


def _health(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    def answered(name: str) -> pd.Series[Any]:
        return pd.Series(_answered(rows, name, HEALTH_ANSWERS), dtype="Int8")

    return pd.DataFrame(
        {
            "contact_id": _numbered("HC", rows),
            "patient": area.person_ids[rows["person"]],
            "contact_date": area.dates(rows["day"]),
            "shared_date": area.dates(rows["known"]),
            "contact_code": _coded(rows["type"], HEALTH_CODES),
            "partner_ref": _none_for_blank(_victims(area, rows, "health", missing=0.25)),
            "dv_related": answered("domestic"),
            "injury": answered("injury"),
            "nfs": answered("strangulation"),
            "pregnancy": answered("pregnancy"),
            "suicidal": answered("suicidal_ideation"),
            "alcohol": answered("alcohol"),
            "mental_health": answered("mental_health"),
            "police_informed": answered("police_reported"),
        }
    )


def _social_care(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    until = rows["until"].to_numpy()
    return pd.DataFrame(
        {
            "Case no.": _numbered("SC-", rows),
            "Person": area.person_ids[rows["person"]],
            "Event": _coded(rows["type"], SOCIAL_CARE_CODES),
            "Event date": _dotted(area, rows["day"]),
            "Entered on": _dotted(area, rows["known"]),
            "Closed on": np.where(until < 0, "", _dotted(area, np.maximum(until, 0))),
            "Adult or child at risk": _victims(area, rows, "social_care", missing=0.15),
            "Domestic abuse": _answered(rows, "domestic", SOCIAL_CARE_ANSWERS),
            "Children present": _answered(rows, "children_present", SOCIAL_CARE_ANSWERS),
            "Pregnancy": _answered(rows, "pregnancy", SOCIAL_CARE_ANSWERS),
            "Parents separating": _answered(rows, "separation", SOCIAL_CARE_ANSWERS),
            "Partner’s control": _answered(rows, "coercive_control", SOCIAL_CARE_ANSWERS),
            "Same household": _answered(rows, "lives_with_victim", SOCIAL_CARE_ANSWERS),
            "Police told": _answered(rows, "police_reported", SOCIAL_CARE_ANSWERS),
        }
    )


def _housing(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": 30_000_000_000 + 7 * np.arange(len(rows)),
            "tenant": area.person_ids[rows["person"]],
            "opened": np.char.replace(_iso(area, rows["day"]).astype(np.str_), "-", ""),
            "category": _coded(rows["type"], HOUSING_CODES),
            "da": _answered(rows, "domestic", HOUSING_ANSWERS),
            "same_address": _answered(rows, "lives_with_victim", HOUSING_ANSWERS),
            "children": _answered(rows, "children_present", HOUSING_ANSWERS),
            "police_called": _answered(rows, "police_reported", HOUSING_ANSWERS),
        }
    )


def _substance_use(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    until = rows["until"].to_numpy()
    closed = pd.Series(area.dates(np.maximum(until, 0)))
    return pd.DataFrame(
        {
            "record": 4_000_000_000 + np.arange(len(rows)),
            "client": area.person_ids[rows["person"]],
            "activity": _coded(rows["type"], SUBSTANCE_USE_CODES),
            "activity_date": area.dates(rows["day"]),
            "closed_date": closed.where((until >= 0) & (until < area.n_days)),
            "da_disclosed": _answered(rows, "domestic", SUBSTANCE_USE_ANSWERS),
            "alcohol_problem": _answered(rows, "alcohol", SUBSTANCE_USE_ANSWERS),
            "drug_problem": _answered(rows, "drugs", SUBSTANCE_USE_ANSWERS),
            "mental_health_problem": _answered(rows, "mental_health", SUBSTANCE_USE_ANSWERS),
            "suicidal_thoughts": _answered(rows, "suicidal_ideation", SUBSTANCE_USE_ANSWERS),
            "police_aware": _answered(rows, "police_reported", SUBSTANCE_USE_ANSWERS),
        }
    )


def _programme_places(area: Area, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place_no": _numbered("PL-", rows),
            "person_id": area.person_ids[rows["person"]],
            "course": _coded(rows["type"], PLACE_CODES),
            "started": _iso(area, rows["day"]),
            "finished": _until_now(area, rows["until"].to_numpy()),
        }
    )


EVENT_EXTRACTS: Mapping[str, Callable[[Area, pd.DataFrame], pd.DataFrame]] = {
    "police_incidents": _police_incidents,
    "police_assessments": _police_assessments,
    "police_orders": _police_orders,
    "probation_custody": _probation_custody,
    "probation_supervision": _probation_supervision,
    "health": _health,
    "social_care": _social_care,
    "housing": _housing,
    "substance_use": _substance_use,
    "programme_places": _programme_places,
}
"""Extract of events → what turns its records into the agency's own columns."""


def _numbered(prefix: str, rows: pd.DataFrame) -> Texts:
    numbers = np.char.zfill((np.arange(len(rows)) + 1).astype(np.str_), 6)
    return np.char.add(prefix, numbers).astype(object)


def _pick(names: list[str], positions: npt.NDArray[np.int64]) -> Texts:
    return np.array(names, dtype=object)[positions]


def _coded(values: pd.Series[Any], codes: Mapping[str, str]) -> Texts:
    return np.asarray(values.map(codes).fillna("").to_numpy(dtype=object))


def _answered(rows: pd.DataFrame, name: str, words: tuple[Any, ...]) -> Texts:
    by_code = np.array([words[code] for code in sorted(Answer)], dtype=object)
    return np.asarray(by_code[rows[name].to_numpy(dtype=np.int64)])


def _victims(area: Area, rows: pd.DataFrame, name: str, *, missing: float) -> Texts:
    """Return victims' ids, blank where the agency does not name one."""
    dyad = rows["dyad"].to_numpy(dtype=np.int64)
    dyads = area.population.dyads
    victims = dyads.victims[np.maximum(dyad, 0)].astype(object)
    counter = dyads.counter[np.maximum(dyad, 0)]
    as_person = area.person_ids[np.maximum(counter, 0)].astype(object)
    also_a_person = (counter >= 0) & (as_person != "")
    victims[also_a_person] = as_person[also_a_person]
    blank = area.chance(name).random(len(rows)) < missing
    victims[blank | (dyad < 0)] = ""
    return np.asarray(victims)


def _iso(area: Area, days: npt.ArrayLike) -> Texts:
    return np.datetime_as_string(area.dates(days), unit="D").astype(object)


def _until_now(area: Area, days: npt.NDArray[np.int64]) -> Texts:
    """Return days as dates, blank where they lie beyond the extract's last day."""
    past = days < area.n_days
    return np.where(past, _iso(area, np.where(past, days, 0)), "").astype(object)


def _british(area: Area, days: npt.ArrayLike) -> Texts:
    return np.asarray(pd.Series(area.dates(days)).dt.strftime("%d/%m/%Y").to_numpy(dtype=object))


def _dotted(area: Area, days: npt.ArrayLike) -> Texts:
    return np.asarray(pd.Series(area.dates(days)).dt.strftime("%d.%m.%Y").to_numpy(dtype=object))


def _none_for_blank(texts: Texts) -> Texts:
    texts = texts.copy()
    texts[texts == ""] = None
    return texts
