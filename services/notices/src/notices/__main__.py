"""Hands notices to the chassis' command line."""

from chassis.cli import run

from notices.app import service

run(service)
