"""What the report says of over-fitting, from learning curves that are known."""

import pytest

from lfads.config import read_config
from lfads.report.overfitting import overfitting


def lines(valid, sample=None, train=None):
    """Ten epochs of curves."""
    return [
        {
            "epoch": epoch,
            "train_nll": (train or (lambda e: 1 / e))(epoch),
            "valid_nll": valid(epoch),
            "valid_sample_nll": None if sample is None else sample(epoch),
        }
        for epoch in range(1, 11)
    ]


def said(metrics, best_epoch, rate=0.0, removed=0.0):
    config = read_config(
        flags={
            "hyperparameters": {"coordinated_dropout_rate": rate},
            "objective": {"sample_validation_rate": removed},
        }
    )
    return " ".join(overfitting(metrics, best_epoch, config))


def test_trials_learned_by_heart():
    words = said(lines(lambda e: 0.4 + 0.01 * abs(e - 4)), 4, rate=0.3)
    assert "After epoch 4 the network began to learn its training trials by heart" in words
    assert "from 0.2500 to 0.1291" in words
    assert "30% of the samples" in words


@pytest.mark.parametrize("best_epoch", [10, None])
def test_curves_that_fall_together_are_no_over_fitting(best_epoch):
    assert "by heart" not in said(lines(lambda e: 0.4 + 0.01 / e), best_epoch, rate=0.3)


def test_spikes_passed_through_show_in_removed_samples_alone():
    metrics = lines(lambda e: 0.4 - 0.01 * e, sample=lambda e: 0.5 + 0.01 * abs(e - 3))
    words = said(metrics, 3, removed=0.2)
    assert "20% of the samples were removed for good" in words
    assert "0.5000 nats, and 0.3700 for samples that the encoders saw" in words
    assert "over-fitting that the ordinary validation likelihood does not show" in words


def test_a_run_without_either_is_warned_of():
    assert "would not show it" in said(lines(lambda e: 0.4), 10)
