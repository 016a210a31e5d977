"""Route, posts and decisions: the one way a case is vetted."""

from vetting.case import Case
from vetting.refusals import (
    IllegalMove,
    NotAnEarlierNode,
    NotTheApplicant,
    NotYourTurn,
    OpinionNeeded,
    OwnCase,
    PostWithoutPerson,
    RouteEmpty,
    WithdrawalOver,
)
from vetting.route import Inbox, Node, Opinion, Post, Route, TrailEntry
from vetting.states import TRANSITIONS, Action, Reenter, State, Tab, Transition, Who, WithdrawalRule, diagram
from vetting.storage import entry_to_dict, from_dict, route_from_list, route_to_list, to_dict

__all__ = [
    "TRANSITIONS",
    "Action",
    "Case",
    "IllegalMove",
    "Inbox",
    "Node",
    "NotAnEarlierNode",
    "NotTheApplicant",
    "NotYourTurn",
    "Opinion",
    "OpinionNeeded",
    "OwnCase",
    "Post",
    "PostWithoutPerson",
    "Reenter",
    "Route",
    "RouteEmpty",
    "State",
    "Tab",
    "TrailEntry",
    "Transition",
    "Who",
    "WithdrawalOver",
    "WithdrawalRule",
    "diagram",
    "entry_to_dict",
    "from_dict",
    "route_from_list",
    "route_to_list",
    "to_dict",
]
