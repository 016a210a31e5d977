"""The command line of units."""

from chassis.cli import run

from units.app import service

run(service)
