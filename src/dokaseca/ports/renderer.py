"""The tools that turn sources into manifests. Files travel as values, so that rendering is a function of its input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Files = Mapping[str, bytes]  # relative POSIX path -> content


@dataclass(frozen=True, slots=True)
class HelmRequest:
    """Everything `helm template` would read.

    Attributes:
        archive: a packed chart, or None when `files` is an unpacked one (paths relative to the chart's root).
        values: the merged values (chart defaults come from the chart itself).
        integers: paths into `values` of whole numbers that templates see as such, as with `helm --set`; all other
            numbers are floating point to them, as those of Helm's value files are (1234567 prints as 1.234567e+06).
        api_versions: `group/version` and `group/version/Kind` entries for `.Capabilities.APIVersions`.
    """

    release_name: str
    namespace: str
    values: Mapping[str, Any] = field(default_factory=dict)
    integers: tuple[tuple[str | int, ...], ...] = ()
    archive: bytes | None = None
    files: Files = field(default_factory=dict)
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    include_crds: bool = True
    skip_tests: bool = False
    skip_schema_validation: bool = False


class Helm(Protocol):
    async def render(self, request: HelmRequest) -> str:
        """A YAML stream: CRDs first, then templates in Helm's order, hooks included, NOTES left out; each document is
        preceded by `# Source: chart/templates/file.yaml`.

        Raises:
            UserError: reason HelmTemplateFailed: Helm's message with chart file and line; or a missing dependency,
                a kubeVersion constraint that fails, values that the chart's schema refuses.
            UserError: reason RenderTimeout: over `bounds.RENDER_SECONDS`; the worker was killed and replaced. The input
                is to blame: trying again at once would keep a worker busy for nothing.
        """
        ...


class Kustomize(Protocol):
    async def build(self, files: Files, path: str, options: tuple[str, ...] = ()) -> str:
        """The YAML stream of `kustomize build path` over `files` (and nothing else: no network, no other file).

        `options` are further options of that command.

        Raises:
            UserError: reason KustomizeBuildFailed, with Kustomize's message, temporary paths removed.
            UserError: reason RenderTimeout.
        """
        ...


class Jsonnet(Protocol):
    async def evaluate(
        self,
        files: Files,
        path: str,
        *,
        ext_vars: Mapping[str, str],
        ext_code: Mapping[str, str],
        tla_vars: Mapping[str, str],
        tla_code: Mapping[str, str],
        library_paths: tuple[str, ...] = (),
    ) -> Any:
        """The JSON value of the program at `path`.

        Imports resolve in `files` only: beside the file that has them, then in `library_paths`.

        Raises:
            UserError: reason JsonnetFailed, with file and line.
            UserError: reason RenderTimeout.
        """
        ...


@dataclass(frozen=True, slots=True)
class PluginFile:
    """A file of the exported repository; `link`: a symlink to another path of it, "" to its root."""

    path: str
    content: bytes = b""
    executable: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class PluginRun:
    """What a config management plugin is started with.

    Attributes:
        plugin: its name, for messages.
        steps: commands by how messages call them, run one after the other in the same files.
        files: the repository; read once, in a thread.
        folder: where the commands start, relative to the repository.
        env: the variables besides PATH, HOME and TMPDIR.
        network: whether it may reach the network.
    """

    plugin: str
    steps: Mapping[str, tuple[str, ...]]
    files: Iterator[PluginFile]
    folder: str
    env: Mapping[str, str]
    network: bool = False


class Plugins(Protocol):
    async def run(self, request: PluginRun) -> bytes:
        """What the last step printed.

        Raises:
            UserError: reason PluginFailed: a command ended with another code than 0, with the last lines it said.
            UserError: reasons RenderTimeout, OutputTooLarge.
            UserError: reason PluginNotConfined: this machine cannot hold a plugin back, and it may not run without.
        """
        ...
