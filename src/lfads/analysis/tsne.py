"""Places of trials in a plane or in space by t-SNE, where scikit-learn is installed."""

import warnings

import numpy as np
from jaxtyping import Float

INSTALL = "t-SNE needs scikit-learn: `pip install 'lfads[paper]'`; PCA alone is drawn"


def tsne(
    values: Float[np.ndarray, "trial feature"],
    perplexity: float,
    seed: int,
    num_dimensions: int = 2,
) -> Float[np.ndarray, "trial axis"] | None:
    """Places in the plane or space of t-SNE; without scikit-learn None, and a warning that says so."""
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        warnings.warn(INSTALL, stacklevel=2)
        return None
    from threadpoolctl import threadpool_limits

    most = max(1.0, (len(values) - 1) / 3)
    found = TSNE(
        num_dimensions, perplexity=min(perplexity, most), init="pca", learning_rate="auto",
        random_state=seed,
    )  # fmt: skip
    with threadpool_limits(1):  # threads that wait for a busy core take hundreds of times as long
        return np.asarray(found.fit_transform(values.astype(np.float32)), np.float64)
