from types import SimpleNamespace

import pytest
from tests.small import training_settings

from lfads.config import ModelSettings, RunSettings
from lfads.model.shapes import SessionShape, Shapes
from lfads.search import local
from lfads.training import sizes

SHAPES = Shapes((SessionShape(20, tuple(range(20))),), 100, 0, 0)
CONFIG = RunSettings(
    model=ModelSettings(
        observation="poisson",
        encoder_size=64, generator_size=64, controller_size=64, num_inferred_inputs=1, num_factors=8,
        initial_condition_size=8, read_in_size=0,
    ),
    training=training_settings(batch_size=32),
)  # fmt: skip
STEP_BYTES = 4 * (10 * (4 * 64 + 64 + 64) + 5 * 20 + 4 * 8) * 32 * 100


def a_device(monkeypatch: pytest.MonkeyPatch, platform: str, memory: int) -> None:
    device = SimpleNamespace(platform=platform, memory_stats=lambda: {"bytes_limit": memory})
    for module in (local, sizes):
        monkeypatch.setattr(module, "local_devices", lambda: [device])
    monkeypatch.setattr(sizes, "memory_bytes", lambda: memory)


def test_a_core_trains_one_member_at_a_time(monkeypatch: pytest.MonkeyPatch):
    a_device(monkeypatch, "cpu", 2**40)
    assert local.members_side_by_side(CONFIG, SHAPES, 20) == (1, "a core trains one at a time")


@pytest.mark.parametrize(("steps", "most", "expected"), [(3.5, 20, 3), (1e3, 20, 20), (0.5, 20, 1)])
def test_a_gpu_trains_as_many_members_as_its_memory_holds(
    monkeypatch: pytest.MonkeyPatch, steps: float, most: int, expected: int
):
    a_device(monkeypatch, "gpu", round(steps * STEP_BYTES / sizes.MEMORY_SHARE))
    assert local.members_side_by_side(CONFIG, SHAPES, most)[0] == expected
