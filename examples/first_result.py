"""A first result from Python: simulate, train, infer, and draw what was inferred against the truth.

    python examples/first_result.py [FOLDER]

writes a run and three figures into FOLDER, by default runs/first-result.
"""

import sys
from pathlib import Path

import lfads
from lfads.plots import plot_latents, plot_learning_curves, plot_trials

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/first-result")

# Spikes of 30 neurons that read out the Lorenz system, in 65 conditions of 20 trials.
dataset = lfads.simulate_lorenz(seed=0)

# A recipe that trains for a short time; `lfads.RunConfig()` is the full one.
config = lfads.read_config(preset="demo")
run = lfads.train(dataset, config, out=folder / "run")

# Posterior averages of every trial, as labelled arrays.
posterior = run.infer()
print(posterior.dataset)
for split, scores in run.evaluate(posterior=posterior).splits.items():
    print(f"{split}: {scores.bits_per_spike:.3f} bits per spike")

# Every figure function returns a matplotlib figure; these are as wide as a page of a paper.
results, session = posterior.dataset, dataset.session
best = run.summary["best_epoch"]
for name, figure in {
    "trials": plot_trials(results, session, style="paper"),
    "latents": plot_latents(results, session, style="paper"),
    "training": plot_learning_curves(run.metrics, best_epoch=best, style="paper"),
}.items():
    figure.savefig(folder / f"{name}.png", dpi=200)
