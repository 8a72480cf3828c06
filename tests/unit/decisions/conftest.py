"""Records on both databases."""

from tests.records import every_room, place, server

__all__ = ["every_room", "place", "server"]
