"""The command line of certificates."""

from chassis.cli import run

from certificates.app import service

run(service)
