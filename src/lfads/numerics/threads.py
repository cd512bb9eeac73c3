"""Linear algebra on one thread, where many small products are made.

Threads that share a small product wait for each other at its end. On cores that other processes use as
well, this waiting can take many times as long as the product.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the libraries of NumPy and SciPy to one thread."""
    with threadpool_limits(1, "blas"):
        yield
