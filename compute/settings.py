"""Every setting: its name, its default and what it does."""

from dataclasses import dataclass, field, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
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
    gallery_dir: Path = field(
        default=ROOT / "data" / "gallery", metadata={"help": "folder of the trained networks that ship"}
    )
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
