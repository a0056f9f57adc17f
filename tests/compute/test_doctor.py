"""The doctor finds what is wrong, and its exit code says how bad it is."""

import json
import sys

import pytest

import run
from compute import doctor
from compute.doctor import Finding, Level
from tests.compute.store.test_failing import DiskStore, cut, fill


def test_packages_are_compared_with_those_that_were_tested(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("# some\nnumpy==0.0.1\nno-such-package==1\n")
    python, missing, others, same = doctor.packages(file)
    assert python == Finding(Level.GOOD, f"Python {sys.version.split()[0]}")
    assert (missing.level, missing.text.startswith("Not installed: no-such-package;")) == (Level.BAD, True)
    assert (others.level, "(wanted 0.0.1)" in others.text) == (Level.WARNING, True)
    assert same.text.startswith("0 packages")


@pytest.mark.parametrize(("torch", "level"), [("2.14.0+cpu", Level.GOOD), ("2.13.1", Level.BAD)])
def test_torch_is_compared_with_what_torchvision_needs(monkeypatch, torch, level):
    monkeypatch.setattr(doctor, "version", lambda name: {"torch": torch, "torchvision": "0.29.0"}[name])
    monkeypatch.setattr(doctor, "requires", lambda _: ["numpy", "torch (==2.14.0)"])
    assert doctor.torch_pair().level is level


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ("raise RuntimeError('no driver')", "torch or a device does not work: RuntimeError: no driver."),
        ("import os; os.abort()", "torch or a device does not work: code -6."),
        ("import time; time.sleep(60)", "took more than 2 s."),
    ],
)
def test_a_device_that_crashes_or_hangs_does_not_take_the_doctor_along(probe, words):
    found = doctor.devices(probe, patience=2.0 if "sleep" in probe else 60.0)
    assert found.level is Level.BAD
    assert found.text.endswith(words)


def test_devices_are_named():
    assert doctor.devices("print('[\"CPU\"]')") == Finding(Level.GOOD, "Devices: CPU")


def test_a_disk_that_is_almost_full_is_a_warning(tmp_path, monkeypatch):
    assert doctor.space(tmp_path / "not" / "yet").level in {Level.GOOD, Level.WARNING}
    monkeypatch.setattr(doctor, "room", lambda _: 1000.0)
    assert doctor.space(tmp_path).level is Level.WARNING


def test_the_exit_code_is_that_of_the_worst_finding_and_a_repair_mends_the_cache(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "PROBE", f"print({json.dumps(json.dumps(['CPU']))})")
    monkeypatch.setattr(doctor, "packages", lambda _: iter(()))
    monkeypatch.setattr(doctor, "torch_pair", lambda: Finding(Level.GOOD, "torch"))
    monkeypatch.setattr(doctor, "room", lambda _: 2.0**40)
    monkeypatch.setattr("viewer.printing.browser_path", lambda: "/usr/bin/chromium")
    store = DiskStore(tmp_path)
    fill(store, 12)
    store.close()
    words = ["doctor", "--cache-dir", str(tmp_path)]
    assert run.main(words) == 0
    assert f"good    The cache in {tmp_path} is sound: 12 entries\n" in capsys.readouterr().out
    cut(0.5)(tmp_path / "cache.db")
    assert run.main(words) == 2
    assert "has a damaged database: run `python run.py doctor --repair`." in capsys.readouterr().out
    assert run.main([*words, "--repair"]) == 0
    assert "was repaired" in capsys.readouterr().out
    monkeypatch.setattr("viewer.printing.browser_path", lambda: None)
    assert run.main(words) == 1
    assert "warning PDF, and pictures of `run.py export`, need Chromium" in capsys.readouterr().out
