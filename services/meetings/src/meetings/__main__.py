"""`python -m meetings`: serve, migrate, doctor …"""

from chassis.cli import run

from meetings.app import service

run(service)
