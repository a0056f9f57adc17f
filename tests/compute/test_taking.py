import json
import subprocess
import sys

import pytest

from compute.errors import LandscapeError
from compute.settings import ROOT
from compute.store.shelf import Shelf
from compute.taking import take_in
from tests.compute.store.test_imports import as_the_public_code_does


def test_a_file_is_taken_in_and_reported(tmp_path):
    path = tmp_path / "Bowl.h5"
    path.write_bytes(as_the_public_code_does(9, 5)[0])
    report = take_in(Shelf(tmp_path / "imports"), path, "Mine")
    assert (report.run, report.shape, report.splits, report.minima) == ("import:mine", (5, 9), ("train",), 1)


def test_a_file_that_is_missing_is_a_sentence(tmp_path):
    with pytest.raises(
        LandscapeError, match=r"a file that can be read, .*none\.h5 cannot \(No such file or directory\)"
    ):
        take_in(Shelf(tmp_path), tmp_path / "none.h5")


def test_the_command_prints_a_line_for_each_file_and_tells_how_to_see_it(tmp_path):
    files = [tmp_path / "one.h5", tmp_path / "two.h5", tmp_path / "three.h5"]
    for file, side in zip(files, (5, 7, 5), strict=True):
        file.write_bytes(as_the_public_code_does(side, 5)[0])
    (tmp_path / "four.h5").write_text("no surface")
    command = [sys.executable, str(ROOT / "run.py"), "import", "--imports-dir", str(tmp_path / "imports")]
    command += map(str, files)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["run"] for row in told] == ["import:one", "import:two", "import:one"]
    assert [row["shape"] for row in told] == [[5, 5], [5, 7], [5, 5]]
    assert "http://127.0.0.1:8050/?models=import:one,import:two\n" in done.stderr
    refused = subprocess.run([*command, str(tmp_path / "four.h5")], capture_output=True, text=True, check=False)
    assert (refused.returncode, len(refused.stdout.splitlines())) == (2, 3)
    (line,) = refused.stderr.splitlines()
    assert line.startswith("run.py: four.h5: A surface needs two axes")
