"""Generated people, units and files of one season, the same for the same seed."""

from zc.world.dossier import dossier
from zc.world.filling import Attach, File, Filler, attached
from zc.world.micro import micro
from zc.world.model import Applicant, Committee, Expert, Login, Person, Size, Unit
from zc.world.season import World
from zc.world.stories import Story, choices

__all__ = [
    "Applicant",
    "Attach",
    "Committee",
    "Expert",
    "File",
    "Filler",
    "Login",
    "Person",
    "Size",
    "Story",
    "Unit",
    "World",
    "attached",
    "choices",
    "dossier",
    "micro",
]
