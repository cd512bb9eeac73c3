"""An analysis: when the rates of each trial are highest."""

import numpy as np
import xarray as xr


class Peak:
    """The time at which the mean rate of a trial is highest."""

    title, needs, height_in = "Time of the highest rate", ("rates",), 2.0

    def compute(self, posterior, session):
        """In seconds, a trial each."""
        mean = posterior["rates"].mean("neuron").fillna(-np.inf)
        time_s = posterior["time"].values[mean.argmax("time").values]
        return xr.Dataset({"peak_s": ("trial", time_s, {"units": "s"})})

    def numbers(self, result):
        """The median."""
        return [("", "median (s)"), ("peak", f"{float(result['peak_s'].median()):.3f}")]

    def caption(self, result):
        """What is drawn."""
        return "Times at which the mean rate of a trial is highest."

    def draw(self, figure, result):
        """How many trials peak when."""
        figure.subplots().hist(result["peak_s"].values)
