"""Alembic's environment for the chassis and for every service: the connection is given."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    version_table=config.attributes["version_table"],
    transaction_per_migration=False,
)
context.run_migrations()
