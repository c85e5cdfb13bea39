"""The entry point: global options, the table of commands, and how every command ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import click

import dokaseca
from dokaseca.cli import exit_codes, failures, logs
from dokaseca.cli.lazy import LazyGroup

COMMANDS: Final = {
    "demo": "Show the whole journey in a new folder, with times.",
    "up": "Bring the platform up and keep it running.",
    "status": "Show every cluster, and what is not Synced and Healthy yet.",
    "app": "List, inspect, compare, sync and roll back Applications.",
    "appset": "Preview what ApplicationSets generate, from files alone.",
    "preview": "Show what a change in Git does to every cluster.",
    "bridge": "Check that clusters and ApplicationSets agree; import tfvars.",
    "cluster": "List the clusters; change their labels and annotations.",
    "proj": "List and inspect AppProjects and their sync windows.",
    "rbac": "Test who may do what, and check a policy.",
    "kubeconfig": "Print the kubeconfig of the platform or of one cluster.",
    "dock": "Run Kubernetes clusters on their own, without a platform.",
    "doctor": "Check this machine, the folder and the running platform.",
    "down": "Stop the platform.",
    "version": "Print versions.",
}
DEFAULT_LEVELS: Final = {"up": "info"}  # it runs in the foreground: its log is its output; others print answers

_EPILOG = "\n".join(
    [
        "\b",
        "Begin with:",
        "  dokaseca up --dir ./platform",
        "  dokaseca status --dir ./platform",
        "",
        "\b",
        "Exit codes:",
        *(f"  {code:<4} {meaning}" for code, meaning in exit_codes.MEANINGS.items()),
    ]
)


class Root(LazyGroup):
    """The command `dokaseca`: whatever happens below ends here, as an exit code."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **more: Any
    ) -> NoReturn:
        more["standalone_mode"] = False
        try:
            code = super().main(args, prog_name or "dokaseca", **more)
        except Exception as error:
            code = failures.report(error)
        except KeyboardInterrupt as error:
            code = failures.report(error)
        sys.exit(code if isinstance(code, int) else exit_codes.OK)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that went away is not an error worth a word."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _forget_stdout()
            return exit_codes.BROKEN_PIPE
        return result


def _forget_stdout() -> None:
    """Keep the interpreter from flushing into the broken pipe at its end."""
    import os

    with open(os.devnull, "w") as nothing:  # noqa: PTH123 - a device, by its name
        os.dup2(nothing.fileno(), sys.stdout.fileno())


@click.group(
    "dokaseca",
    cls=Root,
    package="dokaseca.cli.commands",
    table=COMMANDS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--log-level", type=click.Choice(logs.LEVELS), help="What to log on stderr.  [default: warning; up: info]"
)
@click.option("--log-format", type=click.Choice(logs.FORMATS), default="text", show_default=True, help="How to log.")
@click.version_option(dokaseca.__version__, message="dokaseca %(version)s")
@click.pass_context
def root(ctx: click.Context, log_level: str | None, log_format: str) -> None:
    """A GitOps platform: from an empty folder to clusters that follow Git, without Docker."""
    logs.configure(log_level or DEFAULT_LEVELS.get(str(ctx.invoked_subcommand), "warning"), log_format)


def main() -> NoReturn:
    """Run the command line."""
    root.main()


if __name__ == "__main__":
    main()
