"""The store as a service meets it, with its own key."""

from minio import Minio
from zc.home import HOST
from zc.minio import REGION
from zc.stack import Stack


def store_of(stack: Stack, service: str, address: str = "") -> Minio:
    """In front of the store, or at another address: behind the gateway."""
    access, secret = stack.home.s3_key(service)
    endpoint = address or f"{HOST}:{stack.ports['s3']}"
    return Minio(endpoint, access_key=access, secret_key=secret, secure=False, region=REGION)
