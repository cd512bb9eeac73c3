"""The axis words and array types that every module, message and file uses.

One array has one order of axes: data and results are `trial time neuron` (NumPy); inside the network
time leads, `time trial neuron` (JAX), so that a loop over time reads consecutive memory.

===================  ===============================================================
axis                 meaning
===================  ===============================================================
session              one recording with its own neurons
trial                one stretch of time, encoded as a whole
time                 bins of `bin_width_s` seconds
neuron               recorded channels or sorted units
factor               low-dimensional variables that the rates are read out from
input                inferred inputs to the generator
external_input       measured inputs to the generator
latent               the code of the initial condition
unit                 units of the generator network
===================  ===============================================================
"""

import numpy as np
from jaxtyping import Bool, Float, Int, UInt

SPLITS = ("train", "valid", "test")
# Columns of the trial table that say where on a continuous recording a trial was cut out: the piece, its
# start in seconds and its bins, and the trial's first bin in the piece.
CHOP_COLUMNS = ("chop_piece", "chop_piece_start_s", "chop_piece_bins", "chop_start_bin")

Counts = UInt[np.ndarray, "trial time neuron"]
Signals = Float[np.ndarray, "trial time neuron"]
Observed = Bool[np.ndarray, "trial time neuron"]
PerTrial = Int[np.ndarray, " trial"]
TrialMask = Bool[np.ndarray, " trial"]
NeuronMask = Bool[np.ndarray, " neuron"]
Rates = Float[np.ndarray, "trial time neuron"]
Series = Float[np.ndarray, "trial time channel"]
