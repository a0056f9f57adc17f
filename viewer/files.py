"""What the files of a view are called."""

from pathlib import Path


def ending(file: Path) -> str:
    """What a file's name ends in, in small letters and without the dot."""
    return file.suffix.removeprefix(".").lower()


def named(file: Path, run: str, models: int) -> Path:
    """The name of one of several models' files.

    Example:
        >>> named(Path("out/loss_{run}.csv"), "vgg", 2).name, named(Path("loss.csv"), "vgg", 2).name
        ('loss_vgg.csv', 'loss_vgg.csv')
        >>> named(Path("loss.csv"), "vgg", 1).name
        'loss.csv'
    """
    if "{run}" in file.name:
        return file.with_name(file.name.replace("{run}", run))
    return file if models == 1 else beside(file, run)


def beside(file: Path, name: str) -> Path:
    """The name of another file of the same kind.

    Example:
        >>> beside(Path("out/loss.csv"), "track").name
        'loss_track.csv'
    """
    return file.with_name(f"{file.stem}_{name}{file.suffix}")


LONGEST = 200
"""Characters of a file's name: most file systems take 255 bytes."""


def printable(name: str) -> str:
    r"""A file's name without what no file system takes or no header may hold, and not too long; its end is kept.

    Example:
        >>> printable("../a\r\nX: b.csv"), printable("Größe 1.npz")
        ('.._a__X: b.csv', 'Größe 1.npz')
    """
    return "".join(each if each.isprintable() and each not in "/\\" else "_" for each in name)[-LONGEST:]
