"""LFADS' recurrences through time as compiled code for CPUs.

A gated recurrent unit, and the controller and generator that drive each other, forward and backward, with
the products of their inputs and the gradients to their weights: one call each instead of a loop of small
operations. `lfads` uses them where they are installed and faster; nothing is to be called by hand.

No call keeps anything for the next one. NaN that goes in comes out.
"""

from lfads_kernels.calls import (
    Controlled,
    controlled_backward,
    controlled_forward,
    gru_backward,
    gru_forward,
)
from lfads_kernels.library import is_faster, processor, why_not

__all__ = [
    "Controlled",
    "controlled_backward",
    "controlled_forward",
    "gru_backward",
    "gru_forward",
    "is_faster",
    "processor",
    "why_not",
]
