"""The broker's directory can be formatted whatever name is drawn."""

import uuid

from zc.kafka import cluster_id


def test_a_clusters_name_never_looks_like_an_option() -> None:
    draws = iter([uuid.UUID(bytes=b"\xf8" + bytes(15)), uuid.UUID(bytes=bytes(16))])
    assert cluster_id(lambda: next(draws)) == "A" * 22
