"""The measurement of memory runs, on something small."""

import json

from compute.bench import trajectory


def test_a_line_is_printed_for_a_number_of_checkpoints(capsys):
    trajectory.main(["--architecture", "mlp", "--checkpoints", "3"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["checkpoints"] for row in rows] == [3]
    assert all(row["peak_mib"] >= row["before_mib"] > 0 for row in rows)
    assert sum(rows[0]["explained"]) > 0.99  # three checkpoints span a plane
