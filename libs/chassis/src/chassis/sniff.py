"""What an uploaded file really is, told by its content, and a copy of it that is safe to keep."""

import io
import zipfile
import zlib
from typing import BinaryIO

import pikepdf
from PIL import Image, ImageOps
from refusals import Kind, Refusal

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
GIF = "image/gif"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
IMAGES = frozenset({JPEG, PNG, GIF})

LABELS = {PDF: "PDF", JPEG: "JPG", PNG: "PNG", GIF: "GIF", XLSX: "XLSX", DOCX: "DOCX", PPTX: "PPTX"}

MAX_PIXELS = 64_000_000  # more than any scanner or phone of an applicant needs; 192 MB when unpacked
MAX_FRAMES = 1
MAX_UNPACKED = 200 * 1024 * 1024
MAX_MEMBERS = 10_000
MAX_PDF_OBJECTS = 500_000


class FileBroken(Refusal):
    """文件已损坏，无法打开。"""

    slug, kind = "file-broken", Kind.INVALID


class FileTooLarge(Refusal):
    """文件过大。"""

    slug, kind = "file-too-large", Kind.INVALID


class FileTypeRefused(Refusal):
    """不接受此类文件。"""

    slug, kind = "file-type-refused", Kind.INVALID


def sniff(content: BinaryIO) -> str | None:
    """The media type of a file by its first bytes, and for office files by what the package holds."""
    content.seek(0)
    head = content.read(16)
    content.seek(0)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    return None


def cleaned(content: BinaryIO, media_type: str) -> BinaryIO:
    """A file of this type that is safe to keep: images made anew, everything else checked and left as it is.

    Raises `FileBroken`, `FileTooLarge` or `FileTypeRefused` with what the person can do about it.
    """
    content.seek(0)
    if media_type in IMAGES:
        return _image(content, media_type)
    if media_type == PDF:
        _check_pdf(content)
    elif media_type == XLSX:
        _check_package(content)
    content.seek(0)
    return content


def _office(content: BinaryIO) -> str | None:
    try:
        with zipfile.ZipFile(content) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        return None
    finally:
        content.seek(0)
    if "[Content_Types].xml" not in names:
        return None
    for part, media_type in (
        ("xl/workbook.xml", XLSX),
        ("word/document.xml", DOCX),
        ("ppt/presentation.xml", PPTX),
    ):
        if part in names:
            return media_type
    return None


def _check_package(content: BinaryIO) -> None:
    """Refuse a workbook with macros or embedded programs, and one that would unpack beyond all measure."""
    try:
        with zipfile.ZipFile(content) as package:
            members = package.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                raise FileTooLarge("表格解压后过大，请删除多余的工作表和图片后重新上传。")
            for member in members:
                name = member.filename.lower()
                if "vbaproject" in name or "/embeddings/" in name or "/activex/" in name:
                    raise FileTypeRefused("表格中含有宏或嵌入对象，请另存为普通的 XLSX 文件后重新上传。")
                if member.flag_bits & 0x1:
                    raise FileBroken("表格已加密，请取消密码后重新上传。")
            _unpack(package)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, zlib.error) as error:
        raise FileBroken("请用表格软件重新保存后上传。") from error


def _unpack(package: zipfile.ZipFile) -> None:
    # The sizes a package states may be lies: only unpacking tells, and it checks every member's CRC.
    total = 0
    for member in package.infolist():
        with package.open(member) as part:
            while chunk := part.read(1 << 20):
                total += len(chunk)
                if total > MAX_UNPACKED:
                    raise FileTooLarge("表格解压后过大，请删除多余的工作表和图片后重新上传。")


def _image(content: BinaryIO, media_type: str) -> BinaryIO:
    """The picture painted anew: no metadata, nothing hidden behind it, upright as it was shown."""
    form = {JPEG: ("JPEG", "MPO"), PNG: ("PNG",), GIF: ("GIF",)}[media_type]
    try:
        with Image.open(content, formats=form) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise FileTooLarge(f"图片像素过多（上限 {MAX_PIXELS // 1_000_000} 百万），请缩小后重新上传。")
            if media_type != JPEG and getattr(picture, "n_frames", 1) > MAX_FRAMES:
                raise FileTypeRefused("不接受动态图片，请转换为静态图片后重新上传。")
            picture.load()
            return _painted(ImageOps.exif_transpose(picture), media_type)
    except Refusal:
        raise
    except Image.DecompressionBombError as error:
        raise FileTooLarge("图片像素过多，请缩小后重新上传。") from error
    # Pillow's decoders raise almost anything on hostile input.
    except Exception as error:
        raise FileBroken("请重新拍摄或扫描后上传。") from error


def _painted(picture: Image.Image, media_type: str) -> BinaryIO:
    transparent = "transparency" in picture.info
    if media_type == JPEG:
        picture = picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    elif transparent or picture.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        picture = picture.convert("RGBA")
    picture.info = {}
    out = io.BytesIO()
    if media_type == JPEG:
        picture.save(out, "JPEG", quality=92, optimize=True)
    elif media_type == PNG:
        picture.save(out, "PNG", optimize=False)
    else:
        picture.save(out, "GIF")
    out.seek(0)
    return out


# Any of these keys anywhere in a document can run or carry something; `/OpenAction` alone only turns pages.
_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EF", "/EmbeddedFiles", "/RichMediaContent", "/XFA"})
_ACTIVE_ACTIONS = frozenset({
    "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/RichMediaExecute", "/GoToE",
    "/Sound", "/Movie",
})  # fmt: skip
_ACTIVE_ANNOTATIONS = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D"})


def _check_pdf(content: BinaryIO) -> None:
    """Refuse a document that is encrypted, has no pages, or can do more than be read."""
    try:
        with pikepdf.open(content) as document:
            if document.is_encrypted:
                raise FileTypeRefused("PDF 已加密或限制了权限，请取消保护后重新上传。")
            if len(document.pages) == 0:
                raise FileBroken("PDF 没有内容，请重新生成后上传。")
            if len(document.objects) > MAX_PDF_OBJECTS:
                raise FileTooLarge("PDF 过于复杂，请打印为新的 PDF 后上传。")
            for item in document.objects:
                _check_object(item)
    except pikepdf.PasswordError as error:
        raise FileTypeRefused("PDF 已加密，请取消密码后重新上传。") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, OSError) as error:
        raise FileBroken("请重新生成 PDF 后上传。") from error


def _check_object(item: object) -> None:
    # Objects within objects; those kept elsewhere in the file are visited by the caller.
    waiting = [item]
    while waiting:
        current = waiting.pop()
        if isinstance(current, pikepdf.Stream):
            current = current.stream_dict
        if isinstance(current, pikepdf.Dictionary):
            for key, value in current.items():
                if key in _ACTIVE_KEYS or (isinstance(value, pikepdf.Name) and _is_active(key, str(value))):
                    raise FileTypeRefused("PDF 中含有脚本、附件或可执行的动作，请打印为新的 PDF 后上传。")
                if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                    waiting.append(value)
        elif isinstance(current, pikepdf.Array):
            waiting.extend(
                value
                for value in current
                if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect
            )


def _is_active(key: str, value: str) -> bool:
    return (key == "/S" and value in _ACTIVE_ACTIONS) or (key == "/Subtype" and value in _ACTIVE_ANNOTATIONS)
