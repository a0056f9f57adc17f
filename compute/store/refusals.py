"""Files that hold no surface: what they are, and what to do instead."""

import re
from collections.abc import Collection

from compute.errors import BadSurface

SAVE = "save the surface as HDF5, with numpy.savez, or as a CSV table"
BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (rb"\x80[\x02-\x05]", "a Python pickle, which can run code when it is read"),
    (rb"(\(dp|\(lp|\]q|\}q|c\w[\w.]*\n\w+\n|ccopy_reg)", "a Python pickle, which can run code when it is read"),
    (rb"MATLAB 5\.0 MAT-file", "a MATLAB file of version 5 to 7"),
    (rb"(\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd)", "a compressed file"),
    (rb"PAR1", "a Parquet file"),
    (rb"ARROW1", "a Feather file"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|%PDF|II\*\0|MM\0\*", "a picture"),
    (rb"CDF[\x01\x02\x05]", "a netCDF file of version 3"),
    (rb"SIMPLE  =", "a FITS file"),
    (rb"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (rb"# vtk DataFile|<VTKFile|ply\r?\n|solid |glTF", "a mesh"),
    (rb"\s*[\[{]", "JSON"),
    (rb"\s*<", "a page or XML"),
)
"""How a file begins, and what it then is."""


def check_beginning(content: bytes) -> None:
    """Refuses a file that is told by how it begins.

    Raises:
        BadSurface: it is of a kind that holds no surface, or none that can be read safely.
    """
    kind = next((kind for begins, kind in BEGINNINGS if re.match(begins, content)), None)
    if kind is not None:
        raise BadSurface(
            f"An import should be HDF5, a NumPy array or archive, or a table, this is {kind}: {advice(kind)}."
        )


def advice(kind: str) -> str:
    """What to do with a file that is refused."""
    return {
        "a compressed file": "unpack it first",
        "a MATLAB file of version 5 to 7": "save it with the option -v7.3",
    }.get(kind, SAVE)


CONTENTS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"proj_xcoord", "proj_ycoord"}),
        "holds where the checkpoints of a training run lie on a plane, as the paper's code projects them, and no "
        "losses: open the run on the page Trajectory, which computes both",
    ),
    (
        frozenset({"explained_variance_ratio_"}),
        "holds the principal components of a training run and no losses: open the run on the page Trajectory",
    ),
    (
        frozenset({"xdirection"}),
        "holds directions and no losses: give it to `run.py survey MODEL --plane file:DIRECTIONS.h5`",
    ),
    (frozenset({"model_weights"}), "holds the weights of a Keras network and no losses: import a surface"),
    (
        frozenset({"eigenvalues"}),
        "holds eigenvalues at one point and no surface: import a file with min_eig and max_eig on a grid",
    ),
)
"""Arrays or groups by which a file is known, and what it is."""


def check_contents(names: Collection[str]) -> None:
    """Refuses a file that is told by what it holds.

    Raises:
        BadSurface: it holds something else than a surface.
    """
    kind = next((kind for known, kind in CONTENTS if known & set(names)), None)
    if kind is not None:
        raise BadSurface(f"An import should hold a surface, this file {kind}.")
