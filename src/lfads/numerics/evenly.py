"""An even choice."""

import numpy as np
from jaxtyping import Int


def evenly(num: int, limit: int) -> Int[np.ndarray, " chosen"]:
    """At most `limit` of the indices below `num`, evenly spread, both ends included.

    >>> evenly(65, 5).tolist()
    [0, 16, 32, 48, 64]
    """
    return np.unique(np.linspace(0, num - 1, min(num, limit)).round().astype(int))
