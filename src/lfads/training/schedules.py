"""What changes from epoch to epoch: ramps, learning rate, and the smoothed score that decides."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lfads.config import TrainingConfig, TrainingSettings
from lfads.training.tracking import EpochRecord


@dataclass(frozen=True)
class Course:
    """Where a run stands. Scores are validation nats per sample: lower is better."""

    epoch: int = 0
    seconds: float = 0.0
    smoothed: float = math.inf
    best_score: float = math.inf
    best_epoch: int = 0
    plateau_score: float = math.inf
    plateau_wait: int = 0
    plateau_factor: float = 1.0


def ramp_weight(epoch: int, ramp_epochs: int) -> float:
    """min(1, epoch / (ramp_epochs + 1)), epochs counted from 1."""
    return min(1.0, epoch / (ramp_epochs + 1))


def learning_rate_factor(epoch: int, training: TrainingSettings, plateau_factor: float) -> float:
    """What the learning rate is multiplied by in an epoch."""
    if training.learning_rate_schedule == "constant":
        return 1.0
    if training.learning_rate_schedule == "plateau":
        return plateau_factor
    progress = min(1.0, (epoch - 1) / training.decay_epochs)
    final = training.final_learning_rate_fraction
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))


def smoothed_score(before: Any, score: Any, share: float, xp: Any = np) -> Any:
    """s_t = c s_{t-1} + (1 - c) x_t; x_t where nothing finite came before.

    `xp` is `numpy`, or `jax.numpy` where epochs run in a compiled call.
    """
    return xp.where(xp.isfinite(before), share * before + (1 - share) * score, score)


def is_best(score: Any, best_score: Any, in_ramp: Any, xp: Any = np) -> Any:
    """Whether the weights after an epoch are the best so far, by their smoothed score.

    Nothing counts as the best before the ramp is complete, since the objective still changes; until then
    the latest are kept.
    """
    return xp.isfinite(score) & (in_ramp | (score < best_score))


def advance(
    course: Course, record: EpochRecord, training: TrainingConfig, seconds: float
) -> tuple[Course, bool]:
    """The course after an epoch, and whether its weights are the best so far.

    The score is smoothed (`smoothed_score`), and `is_best` decides.
    """
    score = float(smoothed_score(course.smoothed, record.score, training.score_smoothing))
    in_ramp = record.ramp < 1
    improved = bool(is_best(score, course.best_score, in_ramp))
    plateau, wait, factor = course.plateau_score, course.plateau_wait + 1, course.plateau_factor
    if score < plateau or in_ramp:
        plateau, wait = score, 0
    elif wait >= training.plateau_epochs:
        wait, factor = 0, factor * training.plateau_factor
    advanced = Course(
        epoch=record.epoch,
        seconds=course.seconds + seconds,
        smoothed=score,
        best_score=(math.inf if in_ramp else score) if improved else course.best_score,
        best_epoch=record.epoch if improved else course.best_epoch,
        plateau_score=plateau,
        plateau_wait=wait,
        plateau_factor=factor,
    )
    return advanced, improved
