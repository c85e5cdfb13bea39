"""Charts as files, packed the way `helm package` packs them."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

CHART = "apiVersion: v2\nname: demo\nversion: 1.2.3\n"

Text = str | bytes


def encoded(files: Mapping[str, Text]) -> dict[str, bytes]:
    return {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}


def pack(files: Mapping[str, Text], *, root: str = "demo") -> bytes:
    """The chart's `.tgz`."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in encoded(files).items():
            member = tarfile.TarInfo(f"{root}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), mtime=0)


def pack_member(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "", content: bytes = b"") -> bytes:
    """An archive of a good chart and one member that a packer would not write."""
    stream = io.BytesIO(gzip.decompress(pack({"Chart.yaml": CHART})))
    with tarfile.open(fileobj=stream, mode="a") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, link, len(content)
        archive.addfile(member, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), mtime=0)
