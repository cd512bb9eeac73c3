"""The sampling rate that `params.py` of a sorter states, and what is none."""

import numpy as np
import pytest
from tests.recordings.test_folders import kilosort, read, refused


@pytest.mark.parametrize(
    ("said", "rate_hz"),
    [
        ("sample_rate = 30_000", 30000),
        ("sample_rate = 2.5e4 # Hz", 25000),
        ("sample_rate: float = 30000.", 30000),
        ("sample_rate = 30000.\nsample_rate = 20000.", 20000),
        ("a = 1; sample_rate = 24414.0625", 24414.0625),
        ("sample_rate = 25e3\nold_sample_rate = 32000", 25000),
        ("sample_rate = fs = 25e3\nx = sample_rate == 3\nf(sample_rate=5)", 25000),
        ('sample_rate = 25e3\n"""\nsample_rate = 7\n"""', 25000),
        ("sample_rate = 25e3\nthis is no Python", 25000),
        ("dat_path = 'C:\\Users\\x'\nsample_rate = 25e3", 25000),
        ("dat_path = 'C:\\Da\xefs'\nsample_rate = 25e3", 25000),
    ],
)
def test_the_last_rate_counts(said, rate_hz, tmp_path):
    folder = kilosort(tmp_path / "ks", None)
    (folder / "params.py").write_bytes(said.encode("latin-1"))
    with read(folder) as recording:
        np.testing.assert_allclose(recording.spike_times_s[1][0], 30 / rate_hz)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"sample_rate = 30*1000", r"is no plain number \(`30\*1000`\)"),
        (b"fs = 3e4\nsample_rate = fs", r"is no plain number \(`fs`\)"),
        (b"sample_rate = 3e4\nsample_rate *= 2", r"is no plain number \(`\*=2`\)"),
        (b"if True:\n    sample_rate = 30000", "is no plain number"),
        (
            b"sample_rate = 3e4\nif x:\n    y = 1\n    sample_rate = 2",
            r"number \(`sample_rate = 2`\)",
        ),
        (b"sample_rate = 'fast'", r"is no plain number \(`'fast'`\)"),
        (b"sample_rate = True", r"is no plain number \(`True`\)"),
        (b"sample_rate = -3", "is `-3`, which is no number of samples"),
        (b"sample_rate = " + b"-" * 200_000 + b"1", "is no plain number .`-{30}…`"),
        (b"sample_rate = 1e-300", "is `1e-300`, which is no number of samples per second"),
        (b"sample_rate = 1e400", "is `1e400`, which is no number of samples"),
        (b"sample_rate = " + b"9" * 4000, "is `9{30}…`, which is no number of samples"),
        (b"sample_rate = " + b"(" * 5000, r"params\.py.* is no "),
        (b"sample_rate = 30000.\0\n", r"params\.py.* is no "),
        (b"x" * 1_000_001, "is longer than any file of parameters"),
    ],
)
def test_a_rate_that_is_no_plain_number_can_be_said(content, message, tmp_path):
    folder = kilosort(tmp_path / "ks", None)
    (folder / "params.py").write_bytes(content)
    refused(folder, f"{message}.*: say `sampling_rate_hz=30000`")
    with read(folder, sampling_rate_hz=30000.0) as recording:
        np.testing.assert_allclose(recording.spike_times_s[1][0], 0.001)
