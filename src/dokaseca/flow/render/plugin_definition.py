"""A config management plugin as its author wrote it: `kind: ConfigManagementPlugin`. Pure (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.kit import yaml_in
from dokaseca.model.errors import UserError

API_VERSION, KIND = "argoproj.io/v1alpha1", "ConfigManagementPlugin"
FIELDS = {  # all that Argo CD knows, by where it stands
    "spec": (
        "version",
        "init",
        "generate",
        "discover",
        "parameters",
        "preserveFileMode",
        "provideGitCreds",
        "lockRepo",
    ),
    "spec.discover": ("fileName", "find"),
    "spec.discover.find": ("glob", "command", "args"),
    "spec.parameters": ("static", "dynamic"),
}
COMMAND_FIELDS = ("command", "args")

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plugin:
    """One registered plugin.

    Attributes:
        name: how Applications call it: `<metadata.name>-<spec.version>`, without a version the name alone.
        init: run before `generate` in the same folder; empty for none.
        discover_file, discover_glob, discover_command: what tells that a folder is the plugin's; the first that is not
            empty counts.
        network: whether the platform owner lets it reach the network.
    """

    name: str
    generate: Argv
    init: Argv = ()
    discover_file: str = ""
    discover_glob: str = ""
    discover_command: Argv = ()
    preserve_file_mode: bool = False
    network: bool = False

    @property
    def discovers(self) -> bool:
        """Whether it looks for its folders itself."""
        return bool(self.discover_file or self.discover_glob or self.discover_command)


def parse(content: bytes, *, subject: str, network: bool = False) -> Plugin:
    """The plugin of a `plugin.yaml`.

    Raises:
        UserError: reason InvalidPlugin: it is no such document, or asks for what is not there.
    """
    try:
        value = yaml_in.load(content, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidPlugin", subject=f"{subject}:{error.line}:{error.column}"
        ) from error
    document = _Reader(subject)
    whole = document.mapping({"plugin": value}, "plugin", "the document")
    if (whole.get("apiVersion"), whole.get("kind")) != (API_VERSION, KIND):
        raise document.wrong(f"is no plugin; it needs apiVersion {API_VERSION} and kind {KIND}")
    spec = document.mapping(whole, "spec", "spec")
    discover = document.mapping(spec, "discover", "spec.discover")
    find = document.mapping(discover, "find", "spec.discover.find")
    document.check_parameters(document.mapping(spec, "parameters", "spec.parameters"))
    if document.flag(spec, "provideGitCreds"):
        raise document.wrong("spec.provideGitCreds is not supported: plugins get no credentials; remove it")
    name = document.text(document.mapping(whole, "metadata", "metadata"), "name", "metadata.name")
    if not name:
        raise document.wrong("metadata.name is missing")
    version = document.text(spec, "version", "spec.version")
    return Plugin(
        name=f"{name}-{version}" if version else name,
        generate=document.command(spec, "generate", is_needed=True),
        init=document.command(spec, "init"),
        discover_file=document.text(discover, "fileName", "spec.discover.fileName"),
        discover_glob=document.text(find, "glob", "spec.discover.find.glob"),
        discover_command=document.argv(find, "spec.discover.find"),
        preserve_file_mode=document.flag(spec, "preserveFileMode"),
        network=network,
    )


class _Reader:
    """Takes the document apart; what is not as it should be is told with its place."""

    def __init__(self, subject: str) -> None:
        self._subject = subject

    def wrong(self, message: str) -> UserError:
        return UserError(message, reason="InvalidPlugin", subject=self._subject)

    def mapping(self, parent: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        value = parent.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(f"{where} must be a mapping")
        known = FIELDS.get(where)
        unknown = sorted(str(one) for one in value if known and one not in known)
        if known and unknown:
            raise self.wrong(f"{where} has the unknown field {unknown[0]!r}; known here: {', '.join(known)}")
        return value

    def text(self, parent: Mapping[str, Any], key: str, where: str) -> str:
        value = parent.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(f"{where} must be text; quote it")
        return value or ""

    def flag(self, parent: Mapping[str, Any], key: str) -> bool:
        value = parent.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(f"spec.{key} must be true or false")
        return bool(value)

    def command(self, spec: Mapping[str, Any], key: str, *, is_needed: bool = False) -> Argv:
        where = f"spec.{key}"
        value = self.mapping(spec, key, where)
        unknown = sorted(str(one) for one in value if one not in COMMAND_FIELDS)
        if unknown:
            raise self.wrong(f"{where} has the unknown field {unknown[0]!r}; known here: {', '.join(COMMAND_FIELDS)}")
        argv = self.argv(value, where)
        if is_needed and not argv:
            raise self.wrong(f"{where}.command is missing")
        return argv

    def argv(self, value: Mapping[str, Any], where: str) -> Argv:
        parts: list[str] = []
        for key in COMMAND_FIELDS:
            listed = value.get(key) or []
            if not isinstance(listed, list) or not all(isinstance(one, str) and "\0" not in one for one in listed):
                raise self.wrong(f"{where}.{key} must be a list of texts")
            parts += listed
        if parts and not value.get("command"):
            raise self.wrong(f"{where}.command is missing")
        return tuple(parts)

    def check_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Announced parameters are for user interfaces; a plugin runs without them, but a mistake is told."""
        static = parameters.get("static") or []
        if not isinstance(static, list) or not all(isinstance(one, dict) and one.get("name") for one in static):
            raise self.wrong("spec.parameters.static must be a list of mappings with a name")
        self.argv(self.mapping(parameters, "dynamic", "spec.parameters.dynamic"), "spec.parameters.dynamic")
