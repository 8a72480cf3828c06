"""Synthetic: the extracts of a made-up area, for the demo, the tests and nothing else.

About 6,000 people, five years, six agencies and the programme's own hub. **Every record is
invented.** No figure that is measured on this data says anything about a real panel, a real
model's accuracy or real people; it shows that the parts work together, and it lets a measure be
tested where the truth is known.

How it is made: each person has a latent harm and a rate, each with a heavy tail, one or several
victims (dyads), needs, and for a few a dangerous spell. Incidents excite further ones, so that
most of what returns does so within months, and severity climbs with repetition, separation,
pregnancy and suicidal crisis. Orders are breached soon after they are made; custody and programme
places hold incidents down; people die and move away. Agencies then record a part of it, late, in
their own codes, with answers that are wrong, unknown or never asked.

Planted
-------
Known flaws, for the rooms that must find them or live with them. Tests hold them in place.

- **The same behaviour is recorded more often in one area.** The odds that the police are told of
  an incident are ×2.5 (+0.9 in log-odds) where the person lives in ``south``, at the same
  severity and with the same conduct. Ethnic groups are not spread evenly: half the people of
  ``south`` are not white, against about one in seven elsewhere. So whatever counts police records
  ranks people of the south, and with them Black, Asian and mixed people, too high. Behaviour itself
  does not depend on area or ethnicity. Other agencies notice incidents alike in every area, so that
  `triage audit fairness` finds the skew by asking whose records the known incidents are; with
  ``skew=0`` there is none to find.
- **No police record is not low harm.** Half of all incidents never reach the police. Over half
  of the people with the highest harm had no earlier domestic contact with them when they first did
  high harm; some are referred on the word of health, housing or social care alone.
- **Suicidal ideation is on the health service's records**, and hardly ever on the police's, who
  mostly do not ask.
- **Officers' grades are weakly related to what follows**, as published.
- **Harm falls after a referral with no intervention**, since referrals follow peaks. Measuring a
  programme by the fall alone would credit it with this; a programme place truly lowers the rate
  of incidents, to 0.6 of what it was while it lasts.
- **Known dates lag**, by days at the police and by a month at the drug and alcohol service. A
  history that takes what happened for what was known leaks the future.
- **A few victims are harmed by two people**, who know nothing of one another and whose records lie
  apart until somebody looks by the victim; once one of them is referred the other mostly is too.
- **Some people are referred twice within two weeks**, by two agencies: one case.
- **Allegations go both ways** for some pairs of partners: each stands on record as the other's
  victim, by the id that they bear as a person.

Why this shape: people (``population``), what they do (``behaviour``, ``conduct``, ``contacts``),
what is recorded (``recording``, ``answers``) and how each agency writes it (``extracts``,
``writing``) are apart, so that the truth can be held against the records, and so that the only way
from records to case histories is the one that a newcomer's own extract takes: files on disk and
``configs/sources/``. The walk is day by day over all people at once, because what agencies do
(orders, custody, places) acts back on what people do; in numpy that takes two seconds. Numbers
that tune it stand at the head of each file, and :func:`concentrations` holds the result against
published figures. Each stage has a seed of its own, so that a change in one leaves the chance of
the others alone. The room draws no names or addresses at all, so it needs no library of them.
"""

from triage.synthetic.area import Area, make_area
from triage.synthetic.behaviour import PLANTED_SKEW, Behaviour
from triage.synthetic.concentrations import FIGURES, Concentration, Figure, concentrations
from triage.synthetic.population import (
    AREAS,
    ETHNICITIES,
    RELATIONSHIPS,
    SEXES,
    Dyads,
    Population,
)
from triage.synthetic.recording import Records
from triage.synthetic.writing import Made, write_extracts

__all__ = [
    "AREAS",
    "ETHNICITIES",
    "FIGURES",
    "PLANTED_SKEW",
    "RELATIONSHIPS",
    "SEXES",
    "Area",
    "Behaviour",
    "Concentration",
    "Dyads",
    "Figure",
    "Made",
    "Population",
    "Records",
    "concentrations",
    "make_area",
    "write_extracts",
]
