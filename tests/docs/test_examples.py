"""Every public name has an example that is run: its docstring's, with what `src/conftest.py` shares."""

import inspect
import re

import pytest

import lfads

NAMES = [name for name in lfads.__all__ if name != "__version__"]
ESTIMATOR = ("fit", "transform", "fit_transform", "predict", "score")


def lines_of(thing: object) -> list[str]:
    """Code of the examples of a docstring."""
    return re.findall(r"^\s*(?:>>>|\.\.\.) (.*)$", inspect.getdoc(thing) or "", re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_an_example_that_is_run(name: str):
    thing = getattr(lfads, name)
    if inspect.isclass(thing):
        assert thing.__doc__ == vars(thing).get("__doc__"), "a docstring of its own"
    lines = lines_of(thing)
    assert lines
    assert not [line for line in lines if "doctest: +SKIP" in line]
    code = "\n".join(lines)
    assert re.search(rf"\b{SHOWN_BY.get(name, name)}\b", code), code


SHOWN_BY = {
    "Analysed": "analyse", "BaselineRun": "fit_baseline", "Comparison": "compare", "EpochRecord": "record",
    "LFADS": "model", "Posterior": "posterior", "Run": "run", "Scores": "evaluate", "Session": "session",
    "Stream": "stream", "StreamedBin": "stream", "TrainedModel": "trained",
    "UserError": "Dataset", "Recording": "from_spike_times",
}  # fmt: skip
"""What makes them, where users do not."""


@pytest.mark.parametrize("method", ESTIMATOR)
def test_a_method_of_the_estimator_has_an_example(method: str):
    whole = [*lines_of(lfads.LFADSEstimator), *lines_of(getattr(lfads.LFADSEstimator, method))]
    assert any(f".{method}(" in line for line in whole)
