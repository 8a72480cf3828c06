"""Risk triage and referral scoring for panels on domestic-abuse perpetrators.

The rooms of this package stand in the order in which a referral travels through them:
``records`` → ``timeline`` → ``features`` → ``rules`` and ``learning`` → ``ranking`` →
``explain`` → ``lists`` → ``papers``. A room imports only from the rooms before it.

The engine orders a discussion list and gives its reasons. A person decides, always.
"""

__version__ = "0.1.0"
