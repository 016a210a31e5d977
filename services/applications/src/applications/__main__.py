"""Hands the service to the command line: serve, api, worker, migrate …"""

from chassis.cli import run

from applications.app import service

run(service)
