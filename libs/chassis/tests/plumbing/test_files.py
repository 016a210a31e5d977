"""Uploads through a real store: what is kept, what is refused, and who may use it."""

import asyncio
import hashlib
import io
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pikepdf
import pytest
from chassis import failpoint, sniff
from chassis.files import FileNotUploaded, Files, StoredFile, StoreUnavailable, use_file
from chassis.jobs import Run
from chassis.problems import Missing
from chassis.service import Runtime
from chassis.testing.clients import Api, Client
from PIL import Image


def a_pdf(**keys: object) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    for key, value in keys.items():
        document.Root["/" + key] = value
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def a_jpeg(size: tuple[int, int] = (40, 20)) -> bytes:
    picture = Image.new("RGB", size, "red")
    exif = Image.Exif()
    exif[0x010F] = "maker 13812345678"
    exif[0x0112] = 6  # lying on its side
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def upload(client: Client, content: bytes, *, name: str = "证明.pdf", purpose: str = "proof") -> str:
    started = await client.post("files", {"purpose": purpose, "name": name, "size": len(content)})
    assert started.status_code == 200, started.text
    async with httpx.AsyncClient() as outside:
        put = await outside.put(started.json()["put_url"], content=content)
    assert put.status_code == 200, put.text
    return str(started.json()["id"])


async def objects(files: Files, key: str) -> object:
    return await files._store.find("quarantine", key)


async def test_an_uploaded_pdf_is_kept_under_its_hash(calls: Api, bed: Runtime) -> None:
    me, content = calls.as_person(), a_pdf()
    answer = await me.post(f"files/{await upload(me, content)}/complete")
    assert answer.status_code == 200, answer.text
    sha256 = hashlib.sha256(content).hexdigest()
    body = answer.json()
    assert {key: body[key] for key in ("sha256", "name", "size", "media_type")} == {
        "sha256": sha256,
        "name": "证明.pdf",
        "size": len(content),
        "media_type": "application/pdf",
    }
    assert await bed.files.read(sha256) == content
    async with bed.sessions() as db:
        row = await db.get(StoredFile, body["id"])
        assert row is not None
        assert await objects(bed.files, row.quarantine_key) is None


async def test_completing_again_answers_the_same(calls: Api) -> None:
    me = calls.as_person()
    file_id = await upload(me, a_pdf())
    first = await me.post(f"files/{file_id}/complete")
    again = await me.post(f"files/{file_id}/complete")
    assert (first.status_code, first.json()) == (again.status_code, again.json())


@pytest.mark.parametrize("boundary", ["object.after-put", "file.before-discard", "file.after-discard"])
async def test_who_was_interrupted_while_completing_completes_again(
    calls: Api, bed: Runtime, boundary: str
) -> None:
    me = calls.as_person()
    file_id = await upload(me, content := a_pdf(Boundary=boundary))
    failpoint.configure(f"{boundary}[proof]=raise")
    interrupted = await me.post(f"files/{file_id}/complete")
    failpoint.configure("")
    assert interrupted.status_code == 503
    again = await me.post(f"files/{file_id}/complete")
    assert (again.status_code, again.json()["sha256"]) == (200, hashlib.sha256(content).hexdigest())
    assert await bed.files.read(again.json()["sha256"]) == content


async def test_two_completions_at_once_agree(calls: Api) -> None:
    me = calls.as_person()
    file_id = await upload(me, a_pdf())
    answers = await asyncio.gather(*(me.post(f"files/{file_id}/complete") for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.req("XCT-03")
@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"MZ this is a program", "file-type-refused"),
        (b"<html><script>alert(1)</script>", "file-type-refused"),
        (b"%PDF-1.7 nothing of the kind", "file-broken"),
        (a_jpeg()[:300], "file-broken"),
        (a_pdf() + b" " * (200 * 1024), "file-too-large"),
        (b"", "file-empty"),
    ],
)
async def test_what_is_refused_is_deleted_and_the_reason_told(
    calls: Api, bed: Runtime, content: bytes, slug: str
) -> None:
    me = calls.as_person()
    started = await me.post("files", {"purpose": "proof", "name": "证明.pdf", "size": 10})
    async with httpx.AsyncClient() as outside:
        await outside.put(started.json()["put_url"], content=content)
    path = f"files/{started.json()['id']}/complete"
    for _ in range(2):  # the reason is remembered
        answer = await me.post(path)
        assert (answer.status_code, answer.json()["code"]) == (422, slug)
    async with bed.sessions() as db:
        row = await db.get(StoredFile, started.json()["id"])
        assert row is not None
        assert (row.state, row.reason) == ("REFUSED", slug)
        assert await objects(bed.files, row.quarantine_key) is None


async def test_a_size_over_the_rule_is_refused_before_any_upload(calls: Api) -> None:
    answer = await calls.as_person().post(
        "files", {"purpose": "proof", "name": "a.pdf", "size": 200 * 1024 + 1}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "file-too-large")
    assert answer.json()["detail"] == "不能超过 200 KB，请压缩后重新上传。"


async def test_an_unknown_purpose_is_refused(calls: Api) -> None:
    answer = await calls.as_person().post("files", {"purpose": "virus", "name": "a.pdf", "size": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "file-purpose-unknown")


async def test_a_file_that_was_not_uploaded_may_still_come(calls: Api) -> None:
    me = calls.as_person()
    started = (await me.post("files", {"purpose": "proof", "name": "a.pdf", "size": 1})).json()
    answer = await me.post(f"files/{started['id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (422, "file-not-uploaded")
    async with httpx.AsyncClient() as outside:
        await outside.put(started["put_url"], content=a_pdf())
    assert (await me.post(f"files/{started['id']}/complete")).status_code == 200


async def test_a_type_of_another_purpose_is_refused(calls: Api) -> None:
    me = calls.as_person()
    answer = await me.post(f"files/{await upload(me, a_pdf(), purpose='roster')}/complete")
    assert answer.json()["code"] == "file-type-refused"
    assert answer.json()["detail"] == "只接受 XLSX 格式，请转换后重新上传。"


async def test_a_photo_is_made_anew_without_its_metadata(calls: Api, bed: Runtime) -> None:
    me, content = calls.as_person(), a_jpeg()
    answer = (await me.post(f"files/{await upload(me, content, name='照片.jpg')}/complete")).json()
    kept = await bed.files.read(answer["sha256"])
    assert b"13812345678" in content
    assert b"13812345678" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (20, 40))
    assert (answer["sha256"], answer["size"]) == (hashlib.sha256(kept).hexdigest(), len(kept))


async def test_a_foreign_file_is_as_good_as_absent(calls: Api) -> None:
    me, unit, person = calls.as_person(), uuid4(), uuid4()
    mine = await upload(me, a_pdf())
    ours = await upload(calls.as_unit(unit, person=person), a_pdf())
    absent = await me.post(f"files/{uuid4()}/complete")
    for client, file_id in (
        (calls.as_person(), mine),
        (calls.as_unit(unit), mine),
        (calls.as_person(person), ours),  # the same person, no longer acting for the unit
        (calls.as_unit(uuid4()), ours),
    ):
        answer = await client.post(f"files/{file_id}/complete")
        assert answer.status_code == 404
        assert answer.json() | {"trace_id": ""} == absent.json() | {"trace_id": ""}
    assert (await calls.as_unit(unit).post(f"files/{ours}/complete")).status_code == 200
    assert (await calls.nobody.post("files", {})).status_code == 401


async def test_only_a_checked_file_of_the_right_purpose_can_be_used(
    calls: Api, bed: Runtime, run: Run
) -> None:
    from chassis.caller import Caller

    person = uuid4()
    me = calls.as_person(person)
    caller = Caller(person, person, "张三", "individual", frozenset())
    file_id = await upload(me, a_pdf())
    async with bed.sessions() as db:
        from uuid import UUID

        with pytest.raises(FileNotUploaded):
            await use_file(db, UUID(file_id), caller)
        await me.post(f"files/{file_id}/complete")
        db.expire_all()
        assert (await use_file(db, UUID(file_id), caller, purpose="proof")).name == "证明.pdf"
        with pytest.raises(Missing):
            await use_file(db, UUID(file_id), caller, purpose="roster")


async def test_what_is_put_again_after_the_check_changes_nothing(calls: Api, bed: Runtime) -> None:
    me, content = calls.as_person(), a_pdf()
    started = (await me.post("files", {"purpose": "proof", "name": "a.pdf", "size": len(content)})).json()
    async with httpx.AsyncClient() as outside:
        await outside.put(started["put_url"], content=content)
        answer = (await me.post(f"files/{started['id']}/complete")).json()
        await outside.put(started["put_url"], content=b"evil")
    assert (await me.post(f"files/{started['id']}/complete")).json() == answer
    assert await bed.files.read(answer["sha256"]) == content


async def test_a_put_address_is_good_for_its_own_key_only(bed: Runtime) -> None:
    url = bed.files.put_url(bed.files.quarantine_key())
    key = url.split("?")[0].rsplit("/", 1)[1]
    async with httpx.AsyncClient() as outside:
        assert (await outside.put(url.replace(key, "0" * 48), content=b"x")).status_code == 403
        assert (await outside.put(url.split("?")[0], content=b"x")).is_client_error
        assert (await outside.get(url)).status_code == 403


async def test_a_download_is_an_attachment_with_a_chinese_name_and_a_safe_type(bed: Runtime) -> None:
    sha256 = await bed.files.put(b"<script>alert(1)</script>", "text/html")
    for media_type, expected in (("text/html", "application/octet-stream"), (sniff.PDF, sniff.PDF)):
        url = await bed.files.url(sha256, '张三 的"证书".pdf', media_type)
        async with httpx.AsyncClient() as outside:
            answer = await outside.get(url)
        assert answer.content == b"<script>alert(1)</script>"
        assert answer.headers["content-type"] == expected
        kind, _, name = answer.headers["content-disposition"].partition(";")
        assert kind == "attachment"
        assert unquote(name.split("filename*=UTF-8''")[1]) == '张三 的"证书".pdf'
        assert name.isascii()


async def test_what_is_kept_twice_is_kept_once(bed: Runtime) -> None:
    first, again = await bed.files.put(b"same", sniff.PDF), await bed.files.put(b"same", sniff.PDF)
    assert first == again == hashlib.sha256(b"same").hexdigest()
    assert await bed.files.stat(first) == 4
    assert await bed.files.exists("0" * 64) is False
    with pytest.raises(Missing):
        await bed.files.read("0" * 64)


async def test_a_megabytes_long_file_goes_in_and_out_whole(bed: Runtime) -> None:
    content = bytes(range(256)) * 4096 * 13
    assert await bed.files.read(await bed.files.put(content, sniff.PDF)) == content


async def test_uploads_nobody_completed_are_purged_by_age(bed: Runtime) -> None:
    from datetime import timedelta

    key = bed.files.quarantine_key()
    async with httpx.AsyncClient() as outside:
        await outside.put(bed.files.put_url(key), content=b"left behind")
    await bed.files.purge_quarantine(timedelta(hours=1))
    assert await objects(bed.files, key) is not None
    assert await bed.files.purge_quarantine(timedelta(seconds=-5)) >= 1
    assert await objects(bed.files, key) is None


async def test_a_store_that_is_away_is_named_and_signing_does_not_ask_it(bed: Runtime) -> None:
    away = Files(bed.settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:1"}), "specimen")
    started = asyncio.get_running_loop().time()
    assert away.put_url("specimen/x").startswith(bed.settings.s3_public_endpoint)
    assert asyncio.get_running_loop().time() - started < 0.5
    with pytest.raises(StoreUnavailable):
        await away.ready()
    await bed.files.ready()
    await bed.files.ensure_buckets()
    with pytest.raises(StoreUnavailable):
        await Files(bed.settings, "nothing-here").ready()
