"""The command `biowire`: mounts the commands of all folders and turns errors into sentences."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from connectors.console import Context
from connectors.errors import BiowireError, UserError
from connectors.observing import Observer, unobserved
from streams.settings import load
from streams.vocabulary.own import with_own

COMMANDS = {
    "demo": "dashboards.demo:demo",
    "run": "dashboards.run:run",
    "serve": "dashboards.serve:serve",
    "tokens": "dashboards.tokens:tokens",
    "connect": "dashboards.connect:connect",
    "ingest": "streams.cli.ingest:ingest",
    "parse": "connectors.cli.parse:parse",
    "extract": "connectors.cli.extract:extract",
    "analyze": "streams.cli.analyze:analyze",
    "search": "streams.cli.search:search",
    "show": "streams.cli.search:show",
    "explain": "streams.cli.explain:explain",
    "export": "streams.cli.search:export",
    "replay": "streams.cli.replay:replay",
    "feeds": "connectors.cli.feeds:feeds",
    "vocabulary": "streams.cli.vocabulary:vocabulary",
    "subscriptions": "streams.cli.subscriptions:subscriptions",
    "deliver": "streams.cli.deliver:deliver",
    "alerts": "streams.cli.alerts:alerts",
    "deadletters": "streams.cli.deadletters:deadletters",
    "evaluate": "streams.cli.evaluate:evaluate",
    "provision": "dashboards.provision:provision",
    "kibana": "dashboards.kibana.cli:kibana",
    "status": "streams.cli.status:status",
    "worker": "streams.cli.worker:worker",
    "backup": "streams.cli.backup:backup",
    "restore": "streams.cli.backup:restore",
    "completion": "dashboards.completion:completion",
}
"""In the order of the help; a command is imported when it is used, so that none slows another's start."""

_SERVICES = frozenset({"connect", "worker"})
"""They take seconds to start, and have nothing in hand until they take signals themselves."""

_COMMON_WITH_VALUE = ("--home", "--config", "--broker", "--index")
_COMMON = ("-v", "--verbose")


class Commands(click.Group):
    """Loads commands when asked for, and takes the common options wherever they stand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order of the path."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Import the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        except UserError as missing:  # of packages; the help of all the others is shown all the same
            return _unavailable(cmd_name, missing)
        except ModuleNotFoundError as missing:
            if not _is_of_distributed(missing):
                raise
            return _unavailable(cmd_name, UserError(_MORE_PACKAGES))
        command.epilog = (
            command.epilog
            or "Common options (--home, --config, --broker, --index, -v): see `biowire --help`."
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command to be run; a service that is told to stop while it still starts just ends."""
        if args and args[0] in _SERVICES:
            before = signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
            ctx.call_on_close(lambda: signal.signal(signal.SIGTERM, before))
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move common options to the front: `biowire search x --home DIR` is what people write."""
        return super().parse_args(ctx, _hoist(args))


_DISTRIBUTED = frozenset(
    {"aiokafka", "elastic_transport", "elasticsearch", "faust", "kafka", "prometheus_client"}
)
_MORE_PACKAGES = "The distributed mode needs more packages: pip install 'biowire[distributed]'."


def _is_of_distributed(missing: ModuleNotFoundError) -> bool:
    return (missing.name or "").partition(".")[0] in _DISTRIBUTED


def _unavailable(name: str, why: UserError) -> click.Command:
    """A command that only says why it cannot be had here."""

    def refuse(**_: object) -> None:
        raise why

    takes_anything = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    return click.Command(name, context_settings=takes_anything, callback=refuse, help=str(why))


def _hoist(args: Sequence[str]) -> list[str]:
    front: list[str] = []
    rest: list[str] = []
    at = 0
    while at < len(args):
        word = args[at]
        if word == "--":
            rest.extend(args[at:])
            break
        if word in _COMMON_WITH_VALUE and at + 1 < len(args):
            front.extend(args[at : at + 2])
            at += 1
        elif word in _COMMON or word.startswith(tuple(f"{name}=" for name in _COMMON_WITH_VALUE)):
            front.append(word)
        else:
            rest.append(word)
        at += 1
    return [*front, *rest]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="biowire", prog_name="biowire")
@click.option("--home", metavar="DIR", help="Folder with all state [default: the platform's data folder].")
@click.option("--config", metavar="FILE", help="Settings in TOML; see docs/configuration.md.")
@click.option("--broker", metavar="URL", help="Kafka of a distributed set-up: kafka://HOST:PORT.")
@click.option("--index", metavar="URL", help="Its Elasticsearch: elasticsearch://HOST:PORT.")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens, with tracebacks, on standard error.")
@click.pass_context
def biowire(
    ctx: click.Context,
    home: str | None,
    config: str | None,
    broker: str | None,
    index: str | None,
    verbose: bool,
) -> None:
    """Monitor biometrics news: feeds in, flagged and searchable stories out, every decision with its reason.

    Start with `biowire demo`, then `biowire feeds add https://…` and `biowire run`.
    """
    _log_to_standard_error(verbose=verbose)
    settings = load({"home": home, "broker": broker, "index": index}, os.environ, *_settings_file(config))
    folder = Path(settings["home"]).expanduser() if settings["home"] else _default_home(os.environ)
    settings = with_own(settings, folder)
    ctx.obj = Context(home=folder, settings=settings, verbose=verbose, observed=lambda: _observed(settings))


def _observed(settings: Mapping[str, Any]) -> AbstractContextManager[Observer]:
    if not settings["metrics_port"]:
        return unobserved()
    from streams.metrics import observed  # its library belongs to the distributed mode

    return observed(settings)


class _WithFields(logging.Formatter):
    """An event and its fields on one line; what comes from outside cannot forge another."""

    _OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    def format(self, record: logging.LogRecord) -> str:
        fields = {name: value for name, value in vars(record).items() if name not in self._OWN}
        record.msg = " ".join([record.getMessage(), *(f"{name}={value!r}" for name, value in fields.items())])
        record.args = ()
        return super().format(record)


def _log_to_standard_error(*, verbose: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithFields("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO if verbose else logging.CRITICAL, handlers=[handler], force=True)


def _settings_file(path: str | None) -> tuple[str, str]:
    if path is None:
        return "", ""
    try:
        return Path(path).read_text(encoding="utf-8"), path
    except (OSError, UnicodeDecodeError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else "it is not UTF-8 text"
        raise UserError(f"The settings file {path} cannot be read: {reason}.") from cause


def _default_home(environ: Any) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "biowire"
    return Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "biowire"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; errors a person can mend become one sentence and exit code 2."""
    try:
        code = biowire.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.ClickException as refused:
        refused.show()
        return refused.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BiowireError as error:
        return _say(str(error), 2, error)
    except ModuleNotFoundError as error:
        if not _is_of_distributed(error):
            return _unforeseen(error)
        return _say(_MORE_PACKAGES, 2, error)
    except OSError as error:
        return _say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.", 2, error)
    except Exception as error:  # noqa: BLE001 - the outermost wall
        return _unforeseen(error)
    return code if isinstance(code, int) else 0  # of `ctx.exit`, which click hands on as the result


def _unforeseen(error: BaseException) -> int:
    return _say(
        f"internal error, please report it ({type(error).__name__}: {error}); -v shows where.", 1, error
    )


def _say(sentence: str, code: int, error: BaseException) -> int:
    logging.getLogger("biowire").info("stopped", exc_info=error)
    print(f"biowire: {' '.join(sentence.split())}", file=sys.stderr)
    return code
