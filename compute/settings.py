"""Every setting: its name, its default and what it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType

from compute.errors import LandscapeError

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "data" / "gallery"
"""The runs that come with the program."""
DATASETS = ROOT / "data" / "datasets"
"""Where data sets lie unless the command line says otherwise."""
LOG = "log.txt"
"""The file of the cache folder that keeps what went wrong, with tracebacks, and what workers print."""
IMPORT_LIMIT = 64 * 2**20
"""Bytes of a file that is taken in."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The table that run.py turns into command-line options; read once and passed down."""

    host: str = field(
        default="127.0.0.1",
        metadata={
            "help": "address or name to listen on; anything but loopback lets other machines in, with the token that "
            "the start prints"
        },
    )
    port: int = field(default=8050, metadata={"help": "port to listen on"})
    cache_dir: Path = field(
        default=ROOT / "data" / "cache", metadata={"help": "folder that remembers every computed tile"}
    )
    cache_gib: float = field(default=10.0, metadata={"help": "the cache's size; beyond it the oldest tiles go"})
    gallery_dir: Path = field(default=GALLERY, metadata={"help": "folder of the trained networks that ship"})
    checkpoint_dir: Path = field(
        default=ROOT / "data" / "checkpoints", metadata={"help": "folder where `train` puts runs of your own"}
    )
    imports_dir: Path = field(
        default=ROOT / "data" / "imports", metadata={"help": "folder that keeps surfaces imported from files"}
    )
    models_dir: Path = field(
        default=ROOT / "data" / "models", metadata={"help": "folder that keeps checkpoints added on the page"}
    )
    datasets_dir: Path = field(
        default=DATASETS,
        metadata={"help": "folder that `fetch` fills; what lies there can be chosen for checkpoints added on the page"},
    )
    upload_mib: int = field(default=1024, metadata={"help": "the largest checkpoint that the page takes, in MiB"})
    weights: str = field(
        default="auto",
        metadata={
            "help": "which of several sets of weights in a checkpoint of yours is taken, by its name there, such as "
            "params; auto takes averaged ones such as params_ema, else those under the most usual name"
        },
    )
    match: str = field(
        default="name",
        metadata={
            "help": "how tensors of a checkpoint of yours are matched with the network's: name, or order, which is "
            "wrong where tensors of one shape have changed places"
        },
    )
    device: str = field(
        default="auto", metadata={"help": "cpu, cuda, cuda:1 ...; auto takes every GPU there is, else the CPU"}
    )
    tolerance: float = field(
        default=0.0,
        metadata={
            "help": "about how wrong an interpolated point may be, as a share of the range of log-loss "
            "(of the loss where it falls below zero); 0 computes all"
        },
    )
    threads: int = field(
        default=0, metadata={"help": "CPU threads of a worker; 0 takes all cores, but leaves one to the server"}
    )
    in_flight: int = field(default=2, metadata={"help": "tiles handed to a worker ahead of time; fewer react faster"})


def described() -> list[tuple[str, object, str]]:
    """The table's rows: name, default, help."""
    return [(row.name, row.default, row.metadata["help"]) for row in fields(Settings)]


RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "cache_gib": (0, 1_000_000),
        "upload_mib": (1, 1_000_000),
        "tolerance": (0, 1),
        "threads": (0, 1024),
        "in_flight": (1, 1024),
    }
)
"""The least and the most that a number may be."""
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"match": ("name", "order")})
"""What a word may be, where there are only some."""


def check(settings: Settings) -> None:
    """Refuses settings that cannot be.

    Raises:
        LandscapeError: a number is too small, too large or none, or a word is none of its choices, or missing.

    Example:
        >>> check(Settings())
    """
    check_port(settings.port)
    for name, (least, most) in RANGES.items():
        value = getattr(settings, name)
        if not least <= value <= most:  # so neither is what is no number
            bound = f"at most {most:,}" if value > most else f"at least {least}"
            raise LandscapeError(f"{option(name)} should be {bound}, got {value:g}: choose another.")
    for name, value in ((row.name, getattr(settings, row.name)) for row in fields(Settings)):
        if isinstance(value, str) and not value.strip():
            raise LandscapeError(f"{option(name)} should name something, got nothing: leave it out, or name one.")
        if name in CHOICES and value not in CHOICES[name]:
            raise LandscapeError(f"{option(name)} should be {' or '.join(CHOICES[name])}, got {value!r}: choose one.")


def check_port(port: int) -> None:
    """Refuses a port that there is not, which the system would quietly wrap round.

    Raises:
        LandscapeError: there is no such port.
    """
    if not 0 < port < 2**16:
        raise LandscapeError(f"A port must be between 1 and 65535, got {port}: choose another with --port.")


def option(name: str) -> str:
    """A setting as the command line spells it.

    Example:
        >>> option("in_flight")
        '--in-flight'
    """
    return "--" + name.replace("_", "-")
