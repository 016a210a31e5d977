"""Generated people, units and files of one season, the same for the same seed."""

from zc.world.model import Applicant, Committee, Expert, Login, Person, Unit
from zc.world.season import World
from zc.world.stories import Story, choices

__all__ = [
    "Applicant",
    "Committee",
    "Expert",
    "Login",
    "Person",
    "Story",
    "Unit",
    "World",
    "choices",
]
