"""`zc kafka-user`: a user of the brokers for another system."""

from __future__ import annotations

from typing import Annotated

import typer

from zc.console import home, one_sentence, say
from zc.kafka_users import client_settings
from zc.suite import Suite
from zc.trouble import Trouble


def kafka_user(
    name: Annotated[str, typer.Argument(help="The other system; its user is called outside-NAME.")],
    read: Annotated[list[str], typer.Option("--read", help="A topic it may read; may be said repeatedly.")],
) -> None:
    """Make or change another system's user, which may read these topics and nothing else; print its settings."""
    with one_sentence():
        suite = Suite.running(home())
        client = suite.admit(name, *read)
        if "sasl_plain_username" not in client:
            raise Trouble(
                "These brokers ask nobody who it is: start the suite with `--servers real` for users."
            )
        user = client["sasl_plain_username"]
        say(f"{user} may read {', '.join(sorted(set(read)))} in the group {user} and in groups {user}.…")
        for word, value in client_settings(client):
            print(f"{word}={value}")
