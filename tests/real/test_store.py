"""MinIO gives each service a key that opens its own bucket, its corner of the quarantine, and nothing else."""

import io
from collections.abc import Callable
from functools import partial

import httpx
import pytest
from minio import Minio
from minio.error import S3Error
from zc.home import HOST
from zc.stack import Stack
from zc.table import QUARANTINE, SERVICES

from tests.real.store import store_of

CONTENT = b"what nobody else may read"


@pytest.fixture(scope="module")
def as_service(stack: Stack) -> Callable[[str], Minio]:
    """A client with the key of a service, in front of the store or behind the gateway."""
    return partial(store_of, stack)


def put(client: Minio, bucket: str, key: str) -> None:
    client.put_object(bucket, key, io.BytesIO(CONTENT), len(CONTENT))


def refused(call: Callable[..., object], *words: object) -> None:
    with pytest.raises(S3Error) as raised:
        call(*words)
    assert raised.value.code == "AccessDenied"


@pytest.mark.parametrize("owner", [row.name for row in SERVICES])
def test_a_key_opens_no_other_services_bucket(as_service: Callable[..., Minio], owner: str) -> None:
    put(as_service(owner), owner, "test/own")
    put(as_service(owner), QUARANTINE, f"{owner}/test")
    for other in SERVICES:
        if other.name == owner:
            continue
        client = as_service(other.name)
        refused(client.get_object, QUARANTINE, f"{owner}/test")
        refused(put, client, owner, "test/foreign")
        refused(put, client, QUARANTINE, f"{owner}/foreign")
        refused(client.remove_object, owner, "test/own")
        refused(lambda asking: list(asking.list_objects(owner)), client)
        if owner in other.reads:
            assert client.get_object(owner, "test/own").data == CONTENT
        else:
            refused(client.get_object, owner, "test/own")
    as_service(owner).remove_object(QUARANTINE, f"{owner}/test")


def test_presigned_addresses_work_through_the_gateway(stack: Stack, as_service: Callable[..., Minio]) -> None:
    public = as_service("units", stack.gateway_url.removeprefix("http://"))
    upload = public.presigned_put_object(QUARANTINE, "units/presigned")
    assert upload.startswith(stack.gateway_url)
    assert httpx.put(upload, content=CONTENT).status_code == 200
    assert httpx.put(upload.replace("presigned", "another"), content=CONTENT).status_code == 403
    assert httpx.get(public.presigned_get_object(QUARANTINE, "units/presigned")).content == CONTENT
    as_service("units").remove_object(QUARANTINE, "units/presigned")


def test_nobody_is_let_in_without_a_key(stack: Stack) -> None:
    assert httpx.get(f"http://{HOST}:{stack.ports['s3']}/units?list-type=2").status_code == 403
    at_gateway = f"{stack.gateway_url}/units/test/own"
    assert httpx.get(at_gateway).status_code == 404  # the gateway leads nobody there without a signature
    assert httpx.get(f"{at_gateway}?X-Amz-Signature=forged").status_code in (400, 403)
