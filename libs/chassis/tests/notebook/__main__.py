import os

from chassis.cli import run

from notebook.app import service

# A group of its own lets a test see what a service does that has never listened before.
service.name = os.environ.get("NOTEBOOK_NAME", service.name)
run(service)
