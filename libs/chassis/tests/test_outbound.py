"""Calls to addresses that strangers name: only where they may go, and never longer than they may take."""

import asyncio
import datetime
import socket
import ssl
from contextlib import ExitStack, contextmanager

import pytest
from chassis.outbound import KEPT, Caller, TargetRefused, check_target, is_public
from chassis.testing.receiver import answering, receiving


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1"],
)  # fmt: skip
def test_inner_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


def resolving(*addresses):
    async def resolver(host, port):
        return addresses

    return resolver


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/x", "ftp://hooks.example/", "https://", "https:///x", "hooks.example", "",
     "https://me:secret@hooks.example/", "https://hooks.example/#x", "https://hooks.example:99999/",
     "https://[::1", "https://hooks.example/a b", "https://例子.cn/", "https://hooks.example/\n"],
)  # fmt: skip
async def test_only_https_with_a_plain_host_is_taken(url):
    with pytest.raises(TargetRefused):
        await check_target(url, private=False, resolver=resolving("1.1.1.1"))


async def test_a_name_that_leads_inside_is_refused_even_if_it_also_leads_outside():
    assert await check_target("https://a.example/", private=False, resolver=resolving("1.1.1.1")) == (
        "1.1.1.1",
    )
    for addresses in (("127.0.0.1",), ("1.1.1.1", "10.0.0.1"), ()):
        with pytest.raises(TargetRefused):
            await check_target("https://a.example/", private=False, resolver=resolving(*addresses))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]", "no-such-host.invalid"]
)
async def test_ways_of_writing_this_machine_are_seen_through(host):
    with pytest.raises(TargetRefused):
        await check_target(f"https://{host}/", private=False)


async def test_a_call_goes_to_the_address_that_was_checked_under_its_own_name():
    async with receiving() as receiver:
        url = f"http://hooks.invalid:{receiver.port}/a/b?c=d"
        async with Caller(url, private=True, resolver=resolving("127.0.0.1")) as caller:
            answer = await caller.post(b"{}", {"content-type": "application/json"})
    assert (answer.accepted, answer.status, answer.error) == (True, 204, "")
    (got,) = receiver.received
    assert (got.path, got.body) == ("/a/b?c=d", b"{}")
    assert got.headers["host"] == f"hooks.invalid:{receiver.port}"


async def test_the_name_is_checked_again_at_each_call():
    moving = ["127.0.0.1"]

    async def resolver(host, port):
        return list(moving)

    async with (
        receiving() as receiver,
        Caller("https://a.example/", private=False, resolver=resolver) as caller,
    ):
        answer = await caller.post(b"{}", {})
    assert (answer.accepted, answer.error, receiver.received) == (False, "target-refused", [])


async def test_redirects_are_not_followed():
    async with receiving() as elsewhere, receiving() as receiver:
        receiver.talk = answering(307, Location=elsewhere.url)
        async with Caller(receiver.url, private=True) as caller:
            answer = await caller.post(b"{}", {})
    assert (answer.status, answer.accepted, elsewhere.received) == (307, False, [])


async def test_who_never_answers_is_given_up():
    async def silent(writer):
        await asyncio.sleep(60)

    async with receiving() as receiver, Caller(receiver.url, private=True, timeout=0.3) as caller:
        receiver.talk = silent
        answer = await caller.post(b"{}", {})
    assert (answer.status, answer.error) == (None, "timeout")
    assert 0.2 < answer.seconds < 2


@contextmanager
def swallowing(port):
    """Whose queue of connections is full answers no packet, like a firewall that drops them."""
    with socket.create_server(("127.0.0.2", port), backlog=0) as full, ExitStack() as held:
        for _ in range(3):
            one = held.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield


async def test_an_address_that_swallows_packets_leaves_time_for_the_next():
    async with receiving() as receiver:
        url = f"http://both.example:{receiver.port}/hook"
        with swallowing(receiver.port):
            async with Caller(url, private=True, timeout=1, resolver=resolving("127.0.0.2")) as caller:
                unreached = await caller.post(b"{}", {})
            both = resolving("127.0.0.2", "127.0.0.1")
            async with Caller(url, private=True, timeout=1, resolver=both) as caller:
                reached = await caller.post(b"{}", {})
    assert (unreached.status, unreached.error) == (None, "unreachable")
    assert reached.accepted


async def test_a_trickle_of_headers_is_given_up():
    async def trickle(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with receiving() as receiver, Caller(receiver.url, private=True, timeout=0.4) as caller:
        receiver.talk = trickle
        assert (await caller.post(b"{}", {})).error == "timeout"


async def test_of_a_huge_body_only_the_beginning_is_read():
    async def endless(writer):
        writer.write(b"HTTP/1.1 500 X\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with receiving() as receiver, Caller(receiver.url, private=True) as caller:
        receiver.talk = endless
        answer = await caller.post(b"{}", {})
    assert (answer.status, answer.body, answer.seconds < 5) == (500, "x" * KEPT, True)


async def test_a_slow_body_does_not_undo_the_status(monkeypatch):
    async def slow(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")
        await writer.drain()
        await asyncio.sleep(60)

    monkeypatch.setattr("chassis.outbound._BODY_TIMEOUT", 0.2)
    async with receiving() as receiver, Caller(receiver.url, private=True) as caller:
        receiver.talk = slow
        answer = await caller.post(b"{}", {})
    assert (answer.status, answer.body) == (200, "ok")


async def test_what_is_kept_of_a_body_is_not_personal():
    async with receiving() as receiver, Caller(receiver.url, private=True) as caller:
        receiver.talk = answering(400, "身份证 11010119850315411X 电话 13812345678\x00".encode())
        answer = await caller.post(b"{}", {})
    assert answer.body == "身份证 *** 电话 ***\ufffd"


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b""])
async def test_who_does_not_speak_http_is_a_failure(said):
    async def talk(writer):
        writer.write(said)
        writer.close()

    async with receiving() as receiver, Caller(receiver.url, private=True) as caller:
        receiver.talk = talk
        answer = await caller.post(b"{}", {})
    assert (answer.status, answer.error) == (None, "broken-answer")


async def test_nobody_there_is_a_failure(unused_tcp_port):
    async with Caller(f"http://127.0.0.1:{unused_tcp_port}/", private=True) as caller:
        assert (await caller.post(b"{}", {})).error == "unreachable"


async def test_the_certificate_must_be_of_the_name_and_trusted(tmp_path, monkeypatch):
    authority, context = a_certificate(tmp_path, "hooks.example")
    async with receiving(context) as receiver:
        asked = [("hooks.example", False), ("hooks.example", True), ("other.example", True)]
        outcomes = []
        for name, trusted in asked:
            monkeypatch.setenv("SSL_CERT_FILE", str(authority)) if trusted else monkeypatch.delenv(
                "SSL_CERT_FILE", raising=False
            )
            url = f"https://{name}:{receiver.port}/"
            async with Caller(url, private=True, resolver=resolving("127.0.0.1")) as caller:
                outcomes.append((await caller.post(b"{}", {})).status)
    assert outcomes == [None, 204, None]


def a_certificate(folder, name):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    moment = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - datetime.timedelta(days=1))
        .not_valid_after(moment + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    authority, secret = folder / "ca.pem", folder / "key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, secret)
    return authority, context
