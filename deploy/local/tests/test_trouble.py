"""What an operator must mend is said in one sentence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from zc import libraries
from zc.clock import parse_duration, read_shift, set_now, shift_by, write_shift
from zc.home import Home
from zc.table import SERVICES, service
from zc.trouble import Trouble, said_plainly


def test_a_full_disk() -> None:
    with (
        pytest.raises(Trouble, match=r"^The disk is full.*free some space"),
        said_plainly(),
        open("/dev/full", "w") as full,
    ):
        full.write("x")


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match="cannot be written"), said_plainly():
        Home(tmp_path / "file" / "zc").prepare()


def test_a_missing_library_is_named_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(libraries.NEEDED, "libnobody-has-this.so.9", "libnobody9")
    with pytest.raises(Trouble, match=r"^Printing needs what is not installed: apt install libnobody9$"):
        libraries.check_libraries(SERVICES)


def test_services_that_print_nothing_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(libraries.NEEDED, "libnobody-has-this.so.9", "libnobody9")
    libraries.check_libraries([service("units")])


def test_a_missing_font_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lister = tmp_path / "fc-list"
    lister.write_text("#!/bin/sh\n")  # knows no font at all
    lister.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert libraries.missing_packages() == ["fonts-noto-cjk"]


def test_the_clock_moves_forward_only(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    file = tmp_path / "clock"
    assert read_shift(file) == timedelta()
    write_shift(file, parse_duration("1w2d12h"))
    assert read_shift(file) == timedelta(days=9, hours=12)
    with pytest.raises(Trouble, match="only moves forward"):
        set_now(file, datetime.now(UTC))


@pytest.mark.parametrize("text", ["", "5", "d5", "-3d", "five days"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Trouble, match="is no duration"):
        parse_duration(text)


def test_whoever_moves_the_clock_at_once_undoes_nobody(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: shift_by(file, timedelta(seconds=1)), range(200)))
    assert read_shift(file) == timedelta(seconds=200)
