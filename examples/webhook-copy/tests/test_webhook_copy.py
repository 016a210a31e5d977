"""What the program does with deliveries, and how it keeps its subscription, with a small suite behind httpx."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from uuid import uuid4

import httpx
import pytest
import webhook_copy
from standardwebhooks import Webhook

BASE, URL = "https://suite.example", "https://archive.example/certificates"
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


def an_event(revision=1, subject="c1", event=None, state="ISSUED", kind=webhook_copy.TYPES[0]):
    body = {
        "subject": subject,
        "revision": revision,
        "state": {"number": f"N-{subject}", "person": "p1", "state": state, "sha256": "a" * 64},
    }
    return {"specversion": "1.0", "id": event or str(uuid4()), "type": kind, "data": body}


@pytest.fixture
def kept(tmp_path):
    return webhook_copy.Copy(str(tmp_path / "copy.sqlite"))


@pytest.fixture
def receiver(kept):
    """Delivers an event to the program's own server; returns the status."""
    handler = type("Bound", (webhook_copy.Receiver,), {"copy": kept, "path_": "/certificates"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def deliver(event, *, secret=SECRET, age=0, path="/certificates", **headers):
        body = event if isinstance(event, str) else json.dumps(event)
        message, when = str(uuid4()), datetime.now(UTC) - timedelta(seconds=age)
        signed = {
            "webhook-id": message,
            "webhook-timestamp": str(int(when.timestamp())),
            "webhook-signature": Webhook(secret).sign(message, when, body),
            **headers,
        }
        return httpx.post(
            f"http://127.0.0.1:{server.server_port}{path}", content=body, headers=signed, trust_env=False
        ).status_code

    yield deliver
    server.shutdown()
    thread.join()
    server.server_close()


def rows(kept):
    return [json.loads(line) for line in kept.dump()]


def test_a_signed_delivery_is_written_before_it_is_answered(kept, receiver):
    kept.subscribe(secret=SECRET)
    assert receiver(an_event()) == 204
    assert [(row["id"], row["number"], row["revision"]) for row in rows(kept)] == [("c1", "N-c1", 1)]


def test_what_is_not_signed_by_the_suite_or_not_now_is_refused(kept, receiver):
    kept.subscribe(secret=SECRET)
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    assert receiver(an_event(), secret=other) == 401
    assert receiver(an_event(), age=3600) == 401
    assert receiver(an_event(), **{"webhook-signature": "v1,AAAA"}) == 401
    for nonsense in ("abc", "v1,A", "v1,"):
        assert receiver(an_event(), **{"webhook-signature": nonsense}) == 401
    assert receiver(an_event(), path="/elsewhere") == 404
    assert receiver("{}") == 422
    assert rows(kept) == []


def test_a_delivery_that_cannot_be_written_is_not_answered_well(kept, receiver, monkeypatch):
    kept.subscribe(secret=SECRET)
    monkeypatch.setattr(kept, "_apply", lambda event: (_ for _ in ()).throw(KeyError("disk")))
    assert receiver(an_event()) == 422
    monkeypatch.undo()
    assert receiver(an_event()) == 204


def test_before_the_secret_is_known_a_delivery_is_asked_to_come_again(receiver):
    assert receiver(an_event()) == 503


def test_an_event_counts_once_and_the_newer_revision_stays(kept, receiver):
    kept.subscribe(secret=SECRET)
    newer, older = an_event(2, state="REVOKED"), an_event(1)
    assert [receiver(event) for event in (newer, older, newer, older)] == [204] * 4
    assert [(row["state"], row["revision"]) for row in rows(kept)] == [("REVOKED", 2)]
    assert receiver(an_event(9, kind="certificates.webhook.ping.v1")) == 204
    assert [row["revision"] for row in rows(kept)] == [2]


class Server:
    """The suite's side of one subscription."""

    def __init__(self):
        self.made, self.found = {}, None
        self.deliveries = []
        self.calls = []
        self.dies = False

    def __call__(self, request):
        path = request.url.path.removeprefix(webhook_copy.WEBHOOKS)
        if request.url.path == webhook_copy.METADATA:
            return httpx.Response(200, json={"token_endpoint": f"{BASE}/token"})
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 300})
        content = json.loads(request.content or b"{}")
        self.calls.append((request.method, path))
        match request.method, path.split("/"):
            case "POST", [""]:
                return self._make(request.headers["idempotency-key"], content)
            case "GET", ["", _]:
                return httpx.Response(200, json=self.found) if self.found else httpx.Response(404)
            case "GET", ["", _, "deliveries"]:
                assert request.url.params["state"] == "PENDING"
                return httpx.Response(200, json={"items": self.deliveries})
            case "PUT", _:
                assert request.headers["if-match"] == f'"{self.found["revision"]}"'
                self.found |= content | {"revision": self.found["revision"] + 1}
                return httpx.Response(200, json=self.found)
            case "POST", ["", _, "resume"]:
                assert request.headers["if-match"] == f'"{self.found["revision"]}"'
                self.found |= {"state": "ACTIVE"}
                return httpx.Response(200, json=self.found)
        return httpx.Response(200, json={})

    def _make(self, key, content):
        if key not in self.made:
            self.found = {"id": str(uuid4()), "state": "ACTIVE", "revision": 1, **content}
            self.made[key] = {**self.found, "secret": SECRET}
        if self.dies:
            self.dies = False
            raise httpx.ReadTimeout("away")
        return httpx.Response(201, json=self.made[key])


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def subscriber(server, kept):
    suite = webhook_copy.Suite(BASE, "archive", "secret")
    suite._http = httpx.Client(base_url=BASE, transport=httpx.MockTransport(server))
    return webhook_copy.Subscriber(suite, kept, URL)


def test_it_subscribes_once_and_asks_once_for_the_past(server, subscriber, kept):
    for _ in range(3):
        subscriber.tend()
    assert kept.subscription()["secret"] == SECRET
    assert (server.found["url"], server.found["types"]) == (URL, list(webhook_copy.TYPES))
    assert len(server.made) == 1
    assert sum(path.endswith("/replay") for _, path in server.calls) == 1


def test_a_death_before_the_answer_leaves_one_subscription_and_its_secret(server, subscriber, kept):
    server.dies = True
    with pytest.raises(httpx.ReadTimeout):
        subscriber.tend()
    assert kept.subscription()["secret"] is None
    subscriber.tend()
    assert (len(server.made), kept.subscription()["secret"]) == (1, SECRET)


def test_a_disabled_subscription_is_resumed_and_a_deleted_one_made_again(server, subscriber, kept):
    subscriber.tend()
    server.found["state"] = "DISABLED"
    subscriber.tend()
    assert server.found["state"] == "ACTIVE"
    server.found = None
    subscriber.tend()
    subscriber.tend()
    assert len(server.made) == 2
    assert kept.subscription()["id"] == server.found["id"]


def test_another_address_is_told(server, subscriber, kept):
    subscriber.tend()
    moved = webhook_copy.Subscriber(subscriber._suite, kept, "https://new.example/certificates")
    moved.tend()
    assert server.found["url"] == "https://new.example/certificates"


def test_what_failed_while_it_was_away_is_asked_for_at_once_and_not_all_the_time(
    server, subscriber, monkeypatch
):
    now = [1000.0]
    monkeypatch.setattr(webhook_copy.time, "monotonic", lambda: now[0])
    server.deliveries = [{"id": "failed", "attempts": 3}, {"id": "under-way", "attempts": 0}]

    def asked_for():
        subscriber.tend()
        found = [path.split("/")[-2] for _, path in server.calls if path.endswith("/redeliver")]
        server.calls.clear()
        return found

    assert asked_for() == ["failed"]
    now[0] += 5
    assert asked_for() == []
    now[0] += 20
    assert asked_for() == ["failed", "under-way"]
