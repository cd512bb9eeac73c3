"""From spike times and events of a recording to a run: the template to adapt.

    python examples/recording.py

The first part makes up a recording (two reach directions, 24 neurons); put your own in its place.
"""

import numpy as np

import lfads
from lfads.plots import plot_factors, plot_psths

# --- your recording: times in seconds on one clock -----------------------------------------------
rng = np.random.default_rng(0)
num_trials, num_neurons = 120, 24
go_cue_s = 2.0 + 2.0 * np.arange(num_trials)
direction = np.where(rng.random(num_trials) < 0.5, "left", "right")
tuning = rng.normal(0.0, 1.0, num_neurons)
latency_s = rng.uniform(0.1, 0.3, num_neurons)

spike_times_s = []
for neuron in range(num_neurons):
    times = []
    for cue_s, side in zip(go_cue_s, direction, strict=True):
        time_s = np.arange(-0.3, 0.7, 0.001)
        sign = 1.0 if side == "left" else -1.0
        bump = np.exp(-(((time_s - latency_s[neuron]) / 0.1) ** 2))
        rate_hz = 8.0 * np.exp(sign * tuning[neuron] * bump)
        times.append(cue_s + time_s[rng.random(len(time_s)) < 0.001 * rate_hz])
    spike_times_s.append(np.concatenate(times))

# --- trials of counts -----------------------------------------------------------------------------
dataset = lfads.SpikeTrains(spike_times_s, name="reaches").bin(
    0.01, trial_starts_s=go_cue_s, window_s=(-0.2, 0.6), condition=direction
)
lfads.write(dataset, "runs/reaches.h5")  # `lfads show runs/reaches.h5`, `lfads train …`

# --- settings: what you decide; the rest is derived from the data -----------------------------------
config = lfads.RunConfig(
    model=lfads.ModelConfig(num_factors=6, num_inferred_inputs=0),
    training=lfads.TrainingConfig(decay_epochs=100, ramp_epochs=25),
    seed=1,
)
run = lfads.train(dataset, config, out="runs/reaches")
posterior = run.infer()

# --- results ----------------------------------------------------------------------------------------
left = posterior.rates.sel(trial=posterior.dataset["condition"] == "left")
print("mean rate of the first neuron, left reaches:", float(left.isel(neuron=0).mean()), "spikes/s")
plot_psths(posterior.dataset, dataset.session).savefig("runs/reaches/psths.png")
plot_factors(posterior.dataset).savefig("runs/reaches/factors.png")
posterior.save("runs/reaches/posterior.nc")
