"""What the program makes of the feed, with a small suite behind httpx."""

import json
from uuid import uuid4

import feed_copy
import httpx
import pytest

BASE = "https://suite.example"


def an_event(revision=1, subject="c1", event=None, state="ISSUED"):
    body = {
        "subject": subject,
        "revision": revision,
        "state": {"number": f"N-{subject}", "person": "p1", "state": state, "sha256": "a" * 64},
    }
    return {"id": event or str(uuid4()), "type": "certificates.certificate.issued.v1", "data": body}


class Server:
    """A feed whose cursor is the number of events behind it."""

    def __init__(self):
        self.events = []
        self.tokens = set()
        self.asked = []
        self.page = 2
        self.broken = 0

    def __call__(self, request):
        if request.url.path == feed_copy.METADATA:
            return httpx.Response(200, json={"token_endpoint": f"{BASE}/token"})
        if request.url.path == "/token":
            assert request.headers["authorization"].startswith("Basic ")
            assert b"scope=certificates.feed.read" in request.content
            token = str(uuid4())
            self.tokens.add(token)
            return httpx.Response(200, json={"access_token": token, "expires_in": 300})
        if self.broken:
            self.broken -= 1
            return httpx.Response(503)
        if request.headers["authorization"].removeprefix("Bearer ") not in self.tokens:
            return httpx.Response(401)
        cursor = int(request.url.params.get("cursor", 0))
        self.asked.append(cursor)
        found = self.events[cursor : cursor + self.page]
        after = cursor + len(found)
        page = {"events": found, "next_cursor": str(after), "more": after < len(self.events)}
        return httpx.Response(200, json=page)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def kept(tmp_path):
    return feed_copy.Copy(str(tmp_path / "copy.sqlite"))


@pytest.fixture
def reader(server, kept):
    suite = feed_copy.Suite(BASE, "archive", "secret")
    suite._http = httpx.Client(base_url=BASE, transport=httpx.MockTransport(server))
    return feed_copy.Reader(suite, kept)


def rows(kept):
    return [json.loads(line) for line in kept.dump()]


def test_pages_follow_each_other_and_the_cursor_is_kept(server, reader, kept):
    server.events = [an_event(subject=f"c{n}") for n in range(5)]
    assert [reader.once(), reader.once(), reader.once()] == [True, True, False]
    assert ([row["id"] for row in rows(kept)], kept.cursor) == (["c0", "c1", "c2", "c3", "c4"], "5")
    reader.once()
    assert server.asked == [0, 2, 4, 5]


def test_an_event_counts_once_and_the_newer_revision_stays(server, reader, kept):
    newer, older = an_event(2, state="REVOKED"), an_event(1)
    server.events, server.page = [newer, older, newer, older], 10
    reader.once()
    assert [(row["state"], row["revision"]) for row in rows(kept)] == [("REVOKED", 2)]


def test_copy_and_cursor_move_together_or_not_at_all(server, reader, kept):
    server.events, server.page = [an_event(subject="c0")], 10
    reader.once()
    before = (rows(kept), kept.cursor)
    server.events += [an_event(subject="c1"), {"id": "e", "data": {"subject": "c2"}}]
    with pytest.raises(KeyError):
        reader.once()
    assert (rows(kept), kept.cursor) == before
    server.events[-1] = an_event(subject="c2")
    reader.once()
    assert (len(rows(kept)), kept.cursor) == (3, "3")


def test_a_refused_token_is_given_up_and_a_suite_that_is_away_is_asked_again(
    server, reader, kept, monkeypatch
):
    monkeypatch.setattr(feed_copy.time, "sleep", lambda _: None)
    server.events = [an_event()]
    reader.once()
    server.tokens.clear()
    server.events.append(an_event(subject="c2"))
    server.broken = 3
    once, tries = reader.once, []

    def counted():
        tries.append(1)
        once()
        reader.stop()

    monkeypatch.setattr(reader, "once", counted)
    reader.run()
    assert (len(rows(kept)), len(tries)) == (2, 5)
