"""A PostgreSQL server of one's own starts, keeps or forgets its data, and separates owner and app role."""

from pathlib import Path

import psycopg
import pytest
from chassis.testing.postgres import PostgresError, start_postgres


def test_the_app_role_uses_tables_but_owns_nothing(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as server:
        for _ in range(2):  # harmless when repeated
            server.create_database("units", "units_owner", "units_app")
        with psycopg.connect(server.dsn("units", "units_owner")) as owner:
            owner.execute("CREATE TABLE unit (name text)")
        with psycopg.connect(server.dsn("units", "units_app")) as app:
            app.execute("INSERT INTO unit VALUES ('school')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("CREATE TABLE mine (name text)")


def test_another_service_is_refused_at_the_door(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as server:
        server.create_database("units", "units_owner", "units_app")
        server.create_database("meetings", "meetings_owner", "meetings_app")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(server.dsn("units", "meetings_app"))


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as server, pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.dsn().replace(server.password, "wrong"))


def test_a_throw_away_server_leaves_nothing(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as server:
        assert server.data.exists()
    assert not server.data.exists()


def test_a_durable_server_keeps_its_data(tmp_path: Path) -> None:
    with start_postgres(tmp_path) as server, psycopg.connect(server.dsn()) as admin:
        admin.execute("CREATE TABLE kept (n int)")
    try:
        with start_postgres(tmp_path) as server, psycopg.connect(server.dsn()) as admin:
            assert admin.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        server.destroy()
    assert not server.data.exists()


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with (
        start_postgres(tmp_path / "first", durable=False) as first,
        pytest.raises(PostgresError, match="Address already in use"),
    ):
        start_postgres(tmp_path / "second", port=first.port, durable=False)


def test_a_killed_server_keeps_what_was_committed_and_nothing_else(tmp_path: Path) -> None:
    server = start_postgres(tmp_path)
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("CREATE TABLE kept (n int)")
            admin.execute("INSERT INTO kept VALUES (1)")
            admin.autocommit = False
            admin.execute("INSERT INTO kept VALUES (2)")
            server.kill()
            with pytest.raises(psycopg.OperationalError):
                admin.commit()
        server.stop()
        server = start_postgres(tmp_path, port=server.port)
        with psycopg.connect(server.dsn()) as admin:
            assert admin.execute("SELECT n FROM kept").fetchall() == [(1,)]
    finally:
        server.destroy()


def test_a_server_that_stands_still_answers_nobody_until_it_goes_on(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as server, psycopg.connect(server.dsn()) as admin:
        server.pause()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.dsn(), connect_timeout=2)
        server.resume()
        assert admin.execute("SELECT 1").fetchone() == (1,)
