"""J-SCU: one whole review season of Sichuan through the gateway, and the invariants afterwards."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from zc.season import run
from zc.season.season import Report
from zc.stack import Stack

sys.path.insert(0, str(Path(__file__).parent))
from whole_season import (  # noqa: F401 - what holds on every set of servers
    APPLICANTS,
    test_another_system_heard_of_every_certificate_once,
    test_every_certificate_is_a_pdf_and_its_address_answers_without_login,
    test_nobodys_number_or_phone_is_in_logs_or_spans,
    test_one_trace_leads_from_a_request_through_kafka_to_its_consumers,
    test_the_invariants_hold_afterwards,
    test_the_season_is_played_to_its_end,
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole suite on servers of its own."""
    with Stack(tmp_path_factory.mktemp("suite"), free_ports=True) as running:
        yield running


@pytest.fixture(scope="module")
def season(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The season's report; playing it raises where the story does not hold."""
    return run(stack, seed=2026, applicants=APPLICANTS, out_dir=tmp_path_factory.mktemp("season"))
