"""Every setting: its name, its default and what it does."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def setting(default: Any, help: str) -> Any:
    """A field that says in one line what it does."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class Settings:
    """The table that run.py turns into command-line options; read once and passed down."""

    host: str = setting("127.0.0.1", "address to listen on; anything but loopback lets others use this machine")
    port: int = setting(8050, "port to listen on")
    cache_dir: Path = setting(ROOT / "data" / "cache", "folder that remembers every computed tile")
    cache_gib: float = setting(10.0, "the cache's size; beyond it the oldest tiles go")
    gallery_dir: Path = setting(ROOT / "data" / "gallery", "folder of the trained networks that ship")
    checkpoint_dir: Path = setting(ROOT / "data" / "checkpoints", "folder where `train` puts runs of your own")
    device: str = setting("auto", "cpu, cuda, cuda:1 ...; auto takes every GPU there is, else the CPU")
    threads: int = setting(0, "CPU threads of a worker; 0 takes all but one of the cores")
    in_flight: int = setting(2, "tiles handed to a worker ahead of time; fewer react faster")


def described() -> list[tuple[str, Any, str]]:
    """The table's rows: name, default, help."""
    return [(row.name, row.default, row.metadata["help"]) for row in fields(Settings)]
