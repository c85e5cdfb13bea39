"""Files inside a packed chart, read without unpacking it. Pure."""

from __future__ import annotations

import io
import tarfile
import zlib

from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

CHUNK = 2**20


def file_or_none(archive: bytes, path: str, *, limit_bytes: int, subject: str) -> bytes | None:
    """The file at `path`, relative to the chart's root; None when the chart has none.

    Raises:
        UserError: the archive is broken or unpacks to more than `bounds.CHART_UNPACKED_BYTES`, the file is too large.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked(archive, subject=subject)), mode="r:") as tar:
            member = next((one for one in tar if one.isfile() and one.name.partition("/")[2] == path), None)
            file = tar.extractfile(member) if member is not None else None
            if member is None or file is None:
                return None
            refuse_sparse(member, subject=subject)
            if member.size > limit_bytes:
                raise UserError(f"file {path} is larger than {limit_bytes} bytes", reason="TooLarge", subject=subject)
            return file.read()
    except tarfile.TarError as error:
        raise _broken(subject, str(error)) from error


def check(archive: bytes, *, subject: str) -> None:
    """Let no archive pass that would not be what it seems once it is unpacked.

    Raises:
        UserError: it is broken, too large, holds links, devices or sparse files, or names that leave its one folder.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked(archive, subject=subject)), mode="r:") as tar:
            for member in tar:
                if member.name.startswith("/") or ".." in member.name.split("/"):
                    raise _broken(subject, f"{member.name!r} leaves the chart")
                if not (member.isfile() or member.isdir()):
                    raise _broken(subject, f"{member.name!r} is a link or device, not a file")
                refuse_sparse(member, subject=subject)
    except tarfile.TarError as error:
        raise _broken(subject, str(error)) from error


def refuse_sparse(member: tarfile.TarInfo, *, subject: str) -> None:
    """Refuse a file with holes: a few bytes of it can say that it is as large as they like.

    Raises:
        UserError: reason InvalidChart.
    """
    if member.issparse():
        raise _broken(subject, f"{member.name!r} is a sparse file; pack the chart again")


def unpacked(archive: bytes, *, subject: str) -> bytes:
    """The tar inside a `.tgz`, never more of it than is allowed.

    Raises:
        UserError: reasons InvalidChart, TooLarge.
    """
    unzip = zlib.decompressobj(wbits=31)
    result = bytearray()
    data = archive
    try:
        while data and not unzip.eof:
            result += unzip.decompress(data, CHUNK)
            data = unzip.unconsumed_tail
            if len(result) > bounds.CHART_UNPACKED_BYTES:
                raise UserError(
                    f"the chart unpacks to more than {bounds.CHART_UNPACKED_BYTES // 2**20} MiB",
                    reason="TooLarge",
                    subject=subject,
                )
    except zlib.error as error:
        raise _broken(subject, str(error)) from error
    return bytes(result)


def _broken(subject: str, why: str) -> UserError:
    return UserError(f"the chart's archive cannot be read ({why})", reason="InvalidChart", subject=subject)
