"""What the program makes of records, without a broker."""

import copy
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import kafka_copy
import pytest

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "asyncapi.json").read_text())
ISSUED, REVOKED = "certificates.certificate.issued.v1", "certificates.certificate.revoked.v1"
SAMPLE = DOCUMENT["components"]["messages"][ISSUED]["examples"][0]["payload"]


@dataclass
class Record:
    """A record as the Kafka client hands it over."""

    body: bytes
    context: dict[str, str]
    at: int = 0
    on: int = field(default=0)

    def headers(self):
        return [(name, value.encode()) for name, value in self.context.items()]

    def value(self):
        return self.body

    def offset(self):
        return self.at

    def partition(self):
        return self.on


def a_record(revision=1, subject="01990000-0000-7000-8000-000000000001", at=0, event=None, **state):
    kind = REVOKED if state.get("state") == "REVOKED" else ISSUED
    body = copy.deepcopy(SAMPLE) | {"revision": revision, "subject": subject}
    body["state"] |= {"number": f"N-{subject[-4:]}", "sha256": "a" * 64, **state}
    context = {
        "ce_specversion": "1.0", "ce_id": event or str(uuid4()), "ce_type": kind, "ce_source": "//sichuan/certificates",
        "ce_time": "2026-03-02T01:00:00+00:00", "ce_subject": subject, "ce_correlationid": str(uuid4()),
        "content-type": "application/json",
    }  # fmt: skip
    return Record(json.dumps(body).encode(), context, at)


@pytest.fixture
def contract():
    return kafka_copy.Contract(DOCUMENT, kafka_copy.CHANNEL)


@pytest.fixture
def kept(tmp_path):
    return kafka_copy.Copy(str(tmp_path / "copy.sqlite"))


def rows(kept):
    return [json.loads(line) for line in kept.dump()]


def test_topic_headers_and_schema_come_from_the_document(contract):
    assert contract.topic == "certificates.certificate"
    record = a_record()
    event, body = contract.read(record.headers(), record.value())
    assert (event, body["state"]["state"]) == (record.context["ce_id"], "ISSUED")


def test_a_channel_under_another_address_and_name_is_followed():
    moved = copy.deepcopy(DOCUMENT)
    moved["channels"]["renamed"] = moved["channels"].pop(kafka_copy.CHANNEL) | {"address": "elsewhere"}
    assert kafka_copy.Contract(moved, "renamed").topic == "elsewhere"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: setattr(record, "body", b"{"),
        lambda record: setattr(record, "body", None),
        lambda record: setattr(record, "body", b"{}"),
        lambda record: setattr(record, "body", b"\xff"),
        lambda record: record.context.pop("ce_type"),
        lambda record: record.context.pop("ce_id"),
        lambda record: record.context.update(ce_id="no uuid"),
        lambda record: record.context.update(ce_specversion="9"),
        lambda record: setattr(record, "body", record.body.replace(b'"ISSUED"', b'"SOLD"')),
    ],
)
def test_a_record_that_does_not_fit_is_set_aside_and_the_rest_goes_on(contract, kept, spoil):
    kept.begin_anew("one")
    bad = a_record(at=0)
    spoil(bad)
    kept.take([bad, a_record(at=1)], contract)
    kept.take([bad], contract)
    assert (len(rows(kept)), kept.places()) == (1, {0: 1})
    assert kept._db.execute("SELECT count(*) FROM unfit").fetchone() == (1,)


def test_a_type_that_the_document_does_not_list_is_skipped(contract, kept):
    strange = a_record()
    strange.context["ce_type"] = "certificates.certificate.framed.v1"
    kept.take([strange], contract)
    assert (rows(kept), kept.places()) == ([], {0: 1})
    assert kept._db.execute("SELECT count(*) FROM unfit").fetchone() == (0,)


def test_an_event_counts_once_and_the_newer_revision_stays_in_any_order(contract):
    first, second = a_record(1), a_record(2, state="REVOKED")
    third = a_record(1, subject="01990000-0000-7000-8000-000000000002")
    for order in itertools.permutations([first, second, third, first, second]):
        kept = kafka_copy.Copy(":memory:")
        kept.take(order, contract)
        assert [(row["state"], row["revision"]) for row in rows(kept)] == [("REVOKED", 2), ("ISSUED", 1)]


def test_copy_and_place_move_together_or_not_at_all(contract, kept, monkeypatch):
    kept.take([a_record(at=6)], contract)
    before = (rows(kept), kept.places())
    records = [a_record(subject=f"01990000-0000-7000-8000-00000000000{n}", at=6 + n) for n in range(1, 6)]
    apply = kept._apply
    for dies_at in range(5):
        calls = itertools.count()

        def dying(*arguments, calls=calls, dies_at=dies_at):
            if next(calls) == dies_at:
                raise KeyboardInterrupt
            apply(*arguments)

        monkeypatch.setattr(kept, "_apply", dying)
        with pytest.raises(KeyboardInterrupt):
            kept.take(records, contract)
        assert (rows(kept), kept.places()) == before
    monkeypatch.setattr(kept, "_apply", apply)
    kept.take(records, contract)
    assert (len(rows(kept)), kept.places()) == (5, {0: 12})


def test_another_cluster_is_read_from_its_beginning_and_what_was_seen_counts_once(contract, kept):
    kept.begin_anew("one")
    record = a_record(at=41)
    kept.take([record], contract)
    kept.begin_anew("two")
    assert (kept.cluster, kept.places()) == ("two", {})
    record.at = 0
    kept.take([record], contract)
    assert (len(rows(kept)), kept.places()) == (1, {0: 1})


def test_the_dump_is_sorted_and_says_what_is_compared(contract, kept):
    ids = [f"01990000-0000-7000-8000-00000000000{n}" for n in (3, 1, 2)]
    kept.take([a_record(subject=id_) for id_ in ids], contract)
    assert [row["id"] for row in rows(kept)] == sorted(ids)
    assert set(rows(kept)[0]) == {"id", "number", "person", "state", "sha256", "revision"}
