"""In the place of `lfads` for jobs: `neurocaas run DATA CONFIG RESULT …` does what CONFIG says."""

import os
import sys
import time
from pathlib import Path


def main(words: list[str]) -> int:
    """Say and do it; the exit status."""
    data, config, result = map(Path, words[2:5])
    settings = config.read_text()
    sys.stdout.write(f"reading {data.name}\n")
    sys.stdout.flush()
    files = [data] if data.is_file() else sorted(data.iterdir())
    if "seed: 1" in settings:
        raise ValueError("no such thing")
    if "seed: 2" in settings:
        sys.stderr.write("lfads: error: nothing fits\n")
        return 2
    if "seed: 3" in settings:  # slowly, in steps that are kept
        for number in range(20):
            result.mkdir(exist_ok=True)
            (result / f"step-{number}").touch()
            time.sleep(0.1)
    if "seed: 4" in settings:  # which variables there are
        sys.stdout.writelines(f"{name}\n" for name in sorted(os.environ))
    result.mkdir(exist_ok=True)
    content = b"".join(file.read_bytes() for file in files)
    (result / "autolfads.zip").write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
