"""A user's own Python file: a network, data, and the loss of each example; only workers run it."""

from __future__ import annotations

import copy
import hashlib
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from compute.card import STUDY
from compute.digest import value_digest
from compute.errors import BadData, BadStudy, LandscapeError, UnknownName
from compute.inputs import call, input_shape, map_tensors, rows, select_rows, tensors
from compute.slugs import slug
from compute.specs import DataRef
from compute.zoo import isolation
from compute.zoo.execution import Execution
from compute.zoo.studied import Split, Study

if TYPE_CHECKING:  # naming a study must not load torch
    from torch import Tensor, nn

    from compute.inputs import Inputs
    from compute.zoo.datasets import Examples

WANTED = {
    "model": "a function that gives a torch.nn.Module",
    "data": "a function of a split's name that gives (inputs, targets)",
    "loss": "a function of (outputs, targets) that gives one loss per example",
    "checkpoints": "a file or a folder of checkpoints, or a dictionary of titles and such",
}
"""What every study defines."""

TRIED = 3
"""Examples on which a study is tried out."""

_given: WeakSet[nn.Module] = WeakSet()
"""Networks that studies gave: one that is given again is copied, for whoever had it first may have loaded weights."""

_named: dict[str, Path] = {}
"""The studies that this process may run."""

_executions: dict[str, Execution] = {}
"""Those that it has run, as they were then."""


def named(paths: Iterable[Path]) -> dict[str, Path]:
    """The names of files that the command line names; nothing is run.

    Raises:
        BadStudy: there is no such file, or two have one name.
    """
    found: dict[str, Path] = {}
    for path in paths:
        name = slug(path.stem, "study")
        if path.suffix != ".py" or not path.is_file():
            raise BadStudy(f"A study should be a Python file, but there is none at {path}: check the path.")
        if name in found:
            raise BadStudy(f"Studies need names of their own, but {found[name]} and {path} have one: rename a file.")
        found[name] = path.resolve()
    return found


def allow(studies: Mapping[str, Path]) -> None:
    """Lets this process run these studies, and no others: a reference alone never names code to run."""
    isolation.enter(None)
    _executions.clear()
    _named.clear()
    _named.update(studies)


def facts(name: str) -> Study:
    """What is to be known of a study before anything is asked of it.

    Raises:
        BadStudy: something is missing, of another kind, or goes wrong.
    """
    execution = _started(name)
    module, path, code = _loaded(name), _path(name), execution.token
    network = _network(name, code)
    splits = _splits(name, module)
    inputs, targets = _data(name, code, splits[0])
    outputs = _tried(name, network, inputs, targets)
    width, logits = _width(outputs, targets)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    for split in splits:
        _data(name, code, split)
    places = tuple(_places(name, module))
    _try_load(name, code, places)
    execution.finish([place for _, _, place in places])  # nothing is named before all that it depends on is known
    described = tuple(Split(split, rows(_data(name, code, split)[1]), _digest(name, code, split)) for split in splits)
    shape, architecture = input_shape(inputs), f"{STUDY}{name}@{execution.digest[:16]}"
    return Study(
        name,
        path.name,
        architecture,
        parameters,
        shape,
        width,
        width if logits else 1,
        logits and width > 1 and getattr(targets, "ndim", 0) == 1,
        described,
        places,
        execution.dependencies,
    )


def network(architecture: str) -> nn.Module:
    """The network of a study, `study:NAME@DIGEST` of its code, with the weights that its file gives it.

    Raises:
        BadStudy: as `facts`, or the code has changed since.
    """
    execution = _execution_of(architecture)
    return _network(execution.name, execution.token)


def defines_load(architecture: str) -> bool:
    """Whether a study loads its weights itself.

    Raises:
        BadStudy: as `facts`.
    """
    return hasattr(_loaded(_execution_of(architecture).name), "load")


def load(architecture: str, network: nn.Module, file: Path) -> nn.Module:
    """A study's network with the weights that its own `load(model, file)` takes from a file.

    Raises:
        BadStudy: that goes wrong, or gives another network than it was given.
    """
    return _load(_execution_of(architecture).name, network, file)


def _load(name: str, network: nn.Module, file: Path) -> nn.Module:
    from torch import nn

    given = _asked(name, f"load(model, {str(file)!r})", _loaded(name).load, network, file)
    if isinstance(given, nn.Module) and given is not network:
        raise BadStudy(
            f"{_path(name)}: load(model, file) should load into the model that it is given, but gave another: set the "
            "weights in place."
        )
    return network


def _try_load(name: str, code: str, places: Iterable[tuple[str, str, str]]) -> None:
    """Loads the last checkpoint of the first run that can be, so that what `load` opens is known.

    Raises:
        BadStudy: none can be.
    """
    from compute.zoo.contents import weights_file
    from compute.zoo.folders import sightings

    last = [sightings(Path(place))[-1:] for _, _, place in places] if hasattr(_loaded(name), "load") else []
    problems = []
    for (one,) in filter(None, last):
        _executions[name].leave_out(one.path)
        try:
            _load(name, _network(name, code), weights_file(one.path))
        except LandscapeError as problem:
            problems.append(problem)
        else:
            return
    if problems:
        raise problems[0]


def examples(ref: DataRef) -> Examples:
    """The first examples of a split of a study, and no others than when it was named.

    Raises:
        BadStudy: as `facts`.
        BadData: they are others.
    """
    from compute.zoo.datasets import Examples

    name = ref.name.removeprefix(STUDY)
    code = _unchanged(name).token
    inputs, targets = _data(name, code, ref.split)
    if ref.digest != _digest(name, code, ref.split):
        raise BadData(
            f"{_path(name)}: data({ref.split!r}) should give the same examples every time, but gave others: draw them "
            "by a fixed seed, and start again if the file has changed."
        )
    return Examples(select_rows(inputs, 0, ref.size), select_rows(targets, 0, ref.size))


def check(architecture: str, ref: DataRef) -> None:
    """Refuses to go on with a study that has changed since it was named; its modules can be imported from now on.

    Raises:
        LandscapeError: as `network` and `examples`.
    """
    if architecture.startswith(STUDY):
        _execution_of(architecture).enter()
    elif ref.name.startswith(STUDY):
        _unchanged(ref.name.removeprefix(STUDY)).enter()


def whole(ref: DataRef, split: str) -> DataRef:
    """All examples of another split of a study's data.

    Raises:
        BadStudy: as `facts`.
    """
    name = ref.name.removeprefix(STUDY)
    code = _unchanged(name).token
    size, digest = rows(_data(name, code, split)[1]), _digest(name, code, split)
    return DataRef(ref.name, split, size, digest=digest, labelled=ref.labelled)


def judge(ref: DataRef) -> Callable[[Any, Inputs], tuple[Tensor, Tensor | None]]:
    """How a study judges outputs: the loss of each example, and which are right, where it defines `correct`."""
    name = ref.name.removeprefix(STUDY)
    module = _loaded(name)

    def judged(outputs: object, targets: Inputs) -> tuple[Tensor, Tensor | None]:
        losses = _asked(name, "loss(outputs, targets)", module.loss, outputs, targets)
        if not hasattr(module, "correct"):
            return losses, None
        return losses, _asked(name, "correct(outputs, targets)", module.correct, outputs, targets)

    return judged


def _path(name: str) -> Path:
    if name not in _named:
        raise UnknownName("study named with --study", name, _named)
    return _named[name]


def _started(name: str) -> Execution:
    """The execution of a study as it is now: the last one, unless a file has changed since or it was never finished."""
    last = _executions.get(name)
    if last is not None and last.digest and not last.changed():
        return last
    found = Execution(name, _path(name))
    _executions[name] = found
    _asked(name, "it", found.load)
    return found


def _execution_of(architecture: str) -> Execution:
    """The execution that gives the network of a study, `study:NAME@DIGEST`."""
    name, _, digest = architecture.removeprefix(STUDY).partition("@")
    found = _unchanged(name)
    if not found.digest.startswith(digest) or not digest:
        raise BadStudy(_changed(_path(name)))
    return found


def _unchanged(name: str) -> Execution:
    """The execution from which this process has told the facts of a study.

    Raises:
        BadStudy: as `facts`, or a file has changed since.
    """
    if name not in _executions or not _executions[name].digest:
        facts(name)
    changed = _executions[name].changed()
    if changed:
        raise BadStudy(_changed(changed))
    return _executions[name]


def _changed(file: object) -> str:
    return f"{file} should be as it was at the start, but has changed: start again."


def _loaded(name: str) -> ModuleType:
    module = (_executions.get(name) or _started(name)).module
    assert module is not None  # it was started
    for wanted, kind in WANTED.items():
        if not hasattr(module, wanted):
            raise BadStudy(f"{_path(name)} should define {wanted}, {kind}, but does not: add it.")
    return module


def _network(name: str, code: str) -> nn.Module:
    from torch import nn, random

    with random.fork_rng(devices=[]):
        made = _asked(name, "model()", _loaded(name).model)
    if not isinstance(made, nn.Module):
        raise BadStudy(f"{_path(name)}: model() should give a torch.nn.Module, but gave {_kind(made)}: return one.")
    made = copy.deepcopy(made) if made in _given else made
    _given.add(made)
    return _materialised(name, code, made.eval())


def _materialised(name: str, code: str, network: nn.Module) -> nn.Module:
    """A network whose lazy layers have been given their shapes by two examples."""
    import torch
    from torch.nn.parameter import is_lazy

    if any(map(is_lazy, (*network.parameters(), *network.buffers()))):
        inputs, _ = _data(name, code, getattr(_loaded(name), "splits", ("train",))[0])
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            _asked(name, "model() called with two inputs", call, network, _copied(inputs, 2))
    return network


@lru_cache(maxsize=8)
def _data(name: str, _code: str, split: str) -> tuple[Inputs, Inputs]:
    import torch

    with torch.random.fork_rng(devices=[]):
        made = _asked(name, f"data({split!r})", _loaded(name).data, split)
    pair = tuple(map(_arranged, made)) if isinstance(made, tuple | list) and len(made) == 2 else ()
    parts = [tensor for one in pair for tensor in tensors(one)]
    held = pair and all(map(tensors, pair)) and all(isinstance(one, torch.Tensor) and one.dim() for one in parts)
    if not held or len({len(tensor) for tensor in parts}) != 1 or not len(parts[0]):
        raise BadStudy(
            f"{_path(name)}: data({split!r}) should give (inputs, targets), each a tensor, or a tuple or dictionary of "
            f"tensors, with a row for each example in every tensor, but gave {_kind(made)}: return such a pair, and "
            "keep what all examples share in the network, as a buffer."
        )
    inputs, targets = (map_tensors(lambda tensor: tensor.detach().cpu(), one) for one in pair)
    return map_tensors(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor, inputs), targets


def _arranged(given: object) -> Any:  # noqa: ANN401 - checked by the caller
    """Lists as tuples and any mapping as a dictionary, which is passed by its names."""
    if isinstance(given, Mapping):
        return {str(key): value for key, value in given.items()}
    return tuple(given) if isinstance(given, tuple | list) else given


def _digest(name: str, code: str, split: str) -> str:
    """Of the examples' numbers, and of the code that judges them."""
    return value_digest([_executions[name].digest, _numbers(name, code, split)])


@lru_cache(maxsize=8)
def _numbers(name: str, code: str, split: str) -> str:
    """The digest of the examples' numbers."""
    import torch

    def of_tensor(one: Tensor) -> str:
        numbers = hashlib.sha256(one.contiguous().reshape(-1).view(torch.uint8).numpy().data)
        return f"{one.dtype} {tuple(one.shape)} {numbers.hexdigest()}"

    return value_digest([map_tensors(of_tensor, one) for one in _data(name, code, split)])


def _width(outputs: object, targets: Inputs) -> tuple[int, bool]:
    """The length of the outputs' second axis, and whether they are logits, whose classes the targets are.

    Of a structure it is the entry that is called `logits`, as in transformers.
    """
    import torch

    found = outputs.get("logits") if isinstance(outputs, Mapping) else getattr(outputs, "logits", outputs)
    if not isinstance(found, torch.Tensor) or found.dim() < 2:
        return 1, False
    whole = isinstance(targets, torch.Tensor) and not targets.is_floating_point()
    return found.shape[1], whole and found.shape[2:] == tensors(targets)[0].shape[1:]


def _tried(name: str, network: nn.Module, inputs: Inputs, targets: Inputs) -> object:
    """A few examples' outputs, once the loss has been tried on them.

    Raises:
        BadStudy: it gives other than one loss for each example by its own.
    """
    import torch

    few, answers = _copied(inputs, TRIED), _copied(targets, TRIED)
    with torch.enable_grad():  # a network may differentiate by itself
        by_name = " by name" if isinstance(few, dict) else ""
        outputs = _asked(name, f"model() called{by_name} with {_kind(few)}", call, network, few)
        judged = f"loss(outputs, targets) of {_kind(outputs)}"
        together = _asked(name, judged, _loaded(name).loss, outputs, answers)
        _one_each(name, "loss", together, rows(few))
        first = _asked(name, "model() of one input", call, network, _copied(inputs, 1))
        alone = _asked(name, "loss(outputs, targets)", _loaded(name).loss, first, _copied(targets, 1))
        _one_each(name, "loss", alone, 1)
        # Where the outputs differ already it is the network's doing, and whoever evaluates it says which part's.
        if _agree(outputs, first) and not torch.allclose(alone, together[:1], rtol=1e-4, atol=1e-6, equal_nan=True):
            raise BadStudy(
                f"{_path(name)}: the loss of an example should depend on it alone, but the first one's is "
                f"{alone.item():.6g} alone and {together[0].item():.6g} beside others: average over its own parts only."
            )
        if hasattr(_loaded(name), "correct"):
            right = _asked(name, "correct(outputs, targets)", _loaded(name).correct, outputs, answers)
            _one_each(name, "correct", right, rows(few))
    return outputs


def _copied(values: Inputs, count: int) -> Inputs:
    """Copies of the first rows, which a network or a loss may overwrite."""
    return map_tensors(lambda tensor: tensor[:count].clone(), values)


def _agree(outputs: object, first: object) -> bool:
    """Whether the first rows of some outputs are those of the first example alone."""
    import torch
    from torch.utils._pytree import tree_leaves

    pairs = zip(tree_leaves(outputs), tree_leaves(first), strict=False)
    tensors = [(many[:1], one) for many, one in pairs if isinstance(many, torch.Tensor) and many.dim() and one.dim()]
    alike = [(many, one) for many, one in tensors if many.shape == one.shape and many.dtype == one.dtype]
    return all(torch.allclose(many, one, rtol=1e-4, atol=1e-5, equal_nan=True) for many, one in alike)


def _one_each(name: str, function: str, found: object, count: int) -> None:
    """Refuses what is not one number for each example."""
    import torch

    kinds = {"loss": ("one loss per example, floats", "take reduction='none', and the mean over each example's parts"),
             "correct": ("whether each example is right, bools", "compare outputs and targets")}  # fmt: skip
    wanted, advice = kinds[function]
    right = isinstance(found, torch.Tensor) and tuple(found.shape) == (count,)
    if not right or found.is_floating_point() != (function == "loss"):  # type: ignore[attr-defined]
        raise BadStudy(
            f"{_path(name)}: {function}(outputs, targets) should give {wanted} of shape ({count},) for {count} "
            f"examples, but gave {_kind(found)}: {advice}."
        )


def _splits(name: str, module: ModuleType) -> tuple[str, ...]:
    """The names for which a study gives data."""
    told = getattr(module, "splits", ("train", "test"))
    if not isinstance(told, tuple | list) or not told or not all(isinstance(split, str) for split in told):
        raise BadStudy(
            f"{_path(name)} may define splits, a list of names that data() takes, but it is {_kind(told)}: "
            'write as in splits = ["train", "test"].'
        )
    return tuple(told)


def _places(name: str, module: ModuleType) -> Iterable[tuple[str, str, str]]:
    """Names, titles and places of a study's runs."""
    title, told = str(getattr(module, "title", name)), module.checkpoints
    beside = _path(name).parent
    places = list(told.values()) if isinstance(told, Mapping) else [told]
    if not places or not all(isinstance(place, str | Path) for place in places):
        raise BadStudy(f"{_path(name)} should define checkpoints, {WANTED['checkpoints']}, but it is {_kind(told)}.")
    if not isinstance(told, Mapping):
        return [(STUDY + name, title, str(beside / told))]
    return [
        (f"{STUDY}{name}:{slug(str(key), 'run')}", f"{title}, {key}", str(beside / place))
        for key, place in told.items()
    ]


def _asked(name: str, what: str, function: Callable[..., Any], *given: object) -> Any:  # noqa: ANN401 - the user's own
    """What a user's function gives; whatever goes wrong in it is one sentence with the line."""
    try:
        return _executions[name].run(function, *given)
    except LandscapeError:
        raise
    except BaseException as problem:  # a user's code may raise anything, exits among it
        if _executions[name].digest and "memory" in str(problem):  # whoever asked halves the batch
            raise
        said = ": ".join(part for part in (type(problem).__name__, str(problem).rstrip(".")) if part)
        raise BadStudy(f"{_where(name, problem)}: {what} should run, but raised {said}: correct it.") from problem


def _where(name: str, problem: BaseException) -> str:
    """The last line on the way to a problem that is the user's own, with its file."""
    if isinstance(problem, SyntaxError) and problem.filename and Path(problem.filename).is_file():
        return f"{problem.filename}, line {problem.lineno}"
    steps = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(problem.__traceback__)]
    own = [f"{file}, line {line}" for file, line in steps if _executions[name].is_own(file)]
    return own[-1] if own else str(_path(name))


def _kind(found: object) -> str:
    """What came, in words."""
    if hasattr(found, "shape") and hasattr(found, "dtype"):
        kind = "tensor" if "torch" in str(found.dtype) else type(found).__name__
        return f"a {kind} of shape {tuple(found.shape)}, {str(found.dtype).removeprefix('torch.')}"
    if isinstance(found, tuple | list):
        return f"{type(found).__name__} of ({', '.join(map(_kind, found)) or 'nothing'})"
    if isinstance(found, Mapping):
        return f"dictionary of ({', '.join(f'{key}: {_kind(value)}' for key, value in found.items()) or 'nothing'})"
    return "None" if found is None else f"a {type(found).__name__}"
