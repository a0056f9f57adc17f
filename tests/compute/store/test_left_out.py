"""An import says what it left out: arrays and columns that a surface has no use for, whatever they hold."""

import io
import re

import h5py
import numpy as np
import pytest

from compute.errors import BadSurface
from compute.store.imports import read

X, LOSS = np.linspace(-1, 1, 3), np.arange(9.0).reshape(3, 3)
GRID = [(a, b) for a in range(3) for b in range(3)]


def npz(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def hdf5(**arrays):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return content.getvalue()


def csv(names, row):
    return "\n".join([names, *(row(a, b) for a, b in GRID)]).encode()


DAYS = np.arange("2020-01-01", "2020-01-04", dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (npz(x=X, y=X, loss=LOSS, eigs=LOSS + 1j), "no use for eigs, which was left out"),
        (npz(x=X, y=X, loss=LOSS, days=DAYS, steps=X), "no use for days and steps, which were left out"),
        (npz(x=X, y=X, alpha=X, beta=X, loss=LOSS), "alpha and beta were taken, x and y were left out"),
        (hdf5(x=X, y=X, loss=LOSS, phase=LOSS + 1j), "no use for phase, which was left out"),
        (csv("x,y,loss,when", lambda a, b: f"{a},{b},{a},2020-01-0{b + 1}"), "no use for when, which was left out"),
        (csv("x,y,loss,z1", lambda a, b: f"{a},{b},{a},{a}+{b}j"), "no use for z1, which was left out"),
        (csv("x,y,loss,t,t", lambda a, b: f"{a},{b},{a},{b},1"), r"no use for t \(twice\), which were left out"),
        (csv("x,y,loss,t,t,t", lambda a, b: f"{a},{b},{a},{b},1,2"), r"no use for t \(3 times\), which were left out"),
        (csv("a,b,loss,x,y", lambda a, b: f"{a},{b},{a},{a},{b}"), "x and y were taken, a and b were left out"),
        (
            csv("x,y,loss,q1,q2,q3,q4,q5,q6", lambda a, b: f"{a},{b},{a},1,2,3,4,5,6"),
            "q1, q2, q3, q4 and 2 more, which",
        ),
    ],
)
def test_what_is_left_out_is_said(content, left):
    (note,) = read("file", content).notes
    assert re.search(left, note), note


@pytest.mark.parametrize("content", [npz(x=X, y=X, loss=LOSS), hdf5(xcoordinates=X, ycoordinates=X, train_loss=LOSS)])
def test_where_nothing_is_left_out_nothing_is_said(content):
    assert read("file", content).notes == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (npz(x=X + 1j, y=X, loss=LOSS), "x should hold real numbers, it holds complex numbers"),
        (npz(x=DAYS, y=X, loss=LOSS), "x should hold real numbers, it holds dates"),
        (npz(x=X, y=X, loss=LOSS.astype("m8[s]")), "loss should hold real numbers, it holds times"),
        (npz(x=X, y=X, loss=LOSS, Loss=LOSS), "both 'loss' and 'Loss' are loss: rename one"),
        (hdf5(x=X, y=X, loss=LOSS, acc=LOSS + 1j), "acc should hold real numbers, it holds complex numbers"),
        (csv("x,y,loss", lambda a, b: f"2020-01-0{a + 1},{b},{a}"), "column x should hold real numbers, row 1"),
        (csv("x,y,loss", lambda a, b: f"{a},{b},({a}+{b}j)"), "column loss should hold real numbers, row 1"),
        (csv("x,y,loss", lambda a, b: f"{a},{b},12:0{a}"), "column loss should hold real numbers, row 1"),
        (csv("x,y,loss,loss", lambda a, b: f"{a},{b},{a},{b}"), "'loss' comes twice: rename one"),
        (csv("x,y,x,loss", lambda a, b: f"{a},{b},{a},{b}"), "'x' comes twice: rename one"),
    ],
)
def test_what_a_surface_needs_has_to_be_real_numbers_and_there_once(content, sentence):
    with pytest.raises(BadSurface, match=sentence):
        read("file", content)
