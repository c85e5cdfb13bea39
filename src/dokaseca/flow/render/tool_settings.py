"""What the platform owner's settings say about rendering (Argo CD: C5). Pure."""

from __future__ import annotations

import re
import shlex

from dokaseca.kit import bounds
from dokaseca.model.errors import UserError
from dokaseca.model.settings import Settings

DIRECTORY_SIZE = "reposerver.max.combined.directory.manifests.size"
BUILD_OPTIONS = "kustomize.buildOptions"
PASSED_OVER = frozenset(  # what they allow has its own error where an overlay asks for it
    {"--enable-helm", "--enable-alpha-plugins", "--enable-exec", "--network"}
)
RESTRICTORS = ("LoadRestrictionsNone", "LoadRestrictionsRootOnly")
_QUANTITY = re.compile(r"(\d{1,15})(|k|M|G|Ki|Mi|Gi)\Z", re.ASCII)
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def directory_bytes(settings: Settings) -> int:
    """How much the files of one directory source may hold together; at most `bounds.DIRECTORY_SOURCE_LIMIT_BYTES`.

    Raises:
        UserError: reason WrongSetting.
    """
    text = settings.text(DIRECTORY_SIZE)
    if not text:
        return bounds.DIRECTORY_SOURCE_BYTES
    match = _QUANTITY.match(text)
    size = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < size <= bounds.DIRECTORY_SOURCE_LIMIT_BYTES:
        most = bounds.DIRECTORY_SOURCE_LIMIT_BYTES // 2**20
        raise UserError(
            f"{DIRECTORY_SIZE} is {text!r}; write a size like 10M or 20Mi, at most {most}Mi", reason="WrongSetting"
        )
    return size


def reads_jsonnet(settings: Settings) -> bool:
    """Whether `.jsonnet` files of a directory source are evaluated, or passed over.

    Raises:
        UserError: reason WrongSetting.
    """
    return settings.flag("jsonnet.enable", default=True)


def build_options(settings: Settings) -> tuple[str, ...]:
    """The options of `kustomize build` that are the same for all.

    Raises:
        UserError: reason WrongSetting: one that is not there.
    """
    try:
        words = shlex.split(settings.text(BUILD_OPTIONS))
    except ValueError as error:
        raise UserError(f"{BUILD_OPTIONS} has a quote that is not closed", reason="WrongSetting") from error
    found: list[str] = []
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name in PASSED_OVER and value in ("", "true", "false"):
            continue
        if name != "--load-restrictor":
            raise UserError(
                f"{BUILD_OPTIONS} holds {name!r}, which is not supported; what is: --load-restrictor",
                reason="WrongSetting",
            )
        value = value if equals else (words.pop(0) if words else "")
        if value not in RESTRICTORS:
            raise UserError(
                f"{BUILD_OPTIONS}: --load-restrictor is {value!r}; write {' or '.join(RESTRICTORS)}",
                reason="WrongSetting",
            )
        found = [f"--load-restrictor={value}"]
    return tuple(found)
