"""The command line of committees."""

from chassis.cli import run

from committees.app import service

run(service)
