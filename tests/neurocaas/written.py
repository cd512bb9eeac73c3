"""Files of a bucket as servers write them: ours, and the original, which leaves some ends out."""

import json
import os
from pathlib import Path

HEAD = [
    "PER ENVIRONMENT MONITORING:",
    "================",
    "DATANAME: lab/inputs/monday.h5 | STATUS: {status} | TIME: 0:00:10.00 | LAST COMMAND: epoch 3 | "
    "CPU_USAGE: 90 %",
    "================",
    "help one",
    "help two",
    "++++",
    "JOB MANAGER SETUP LOG:",
]
STEPS = [
    "[Job Manager] STEP 1/4 (Initialization): DONE\t [+0:00:00.10]",
    "[Job Manager] STEP 2/4 (Validation): DONE\t [+0:00:00.20]",
    "[Job Manager] STEP 3/4 (Environment Setup): DONE\t [+0:00:00.30]",
    "[Job Manager] STEP 4/4 (Initialize Processing): DONE\t [+0:00:00.40]",
]


class Written:
    """A folder as a bucket of the name `autolfads-torch`, with a group `lab`."""

    def __init__(self, root: Path) -> None:
        self.root = root / "autolfads-torch"
        for name in ("inputs", "configs", "submissions", "results"):
            (self.root / "lab" / name).mkdir(parents=True)

    def put(self, key: str, content: str | bytes = b"") -> Path:
        """Write a file."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def job(
        self, timestamp: str = "17", *, certificate: list[str] | None = None,
        states: dict[str, str] | None = None, reason: object = 0, results: dict[str, bytes] | None = None,
        end: bool = False, group: str = "lab", age_s: float = 0.0,
    ) -> str:  # fmt: skip
        """A job's folder of results; gives back the timestamp."""
        prefix = f"{group}/results/job__autolfads-torch_{timestamp}"
        written = []
        if certificate is not None:
            written.append(
                self.put(f"{prefix}/logs/certificate.txt", "\n".join(certificate) + "\n")
            )
        for name, status in (states or {}).items():
            said = {
                "instance": "i-1", "command": "run", "input": f"{group}/inputs/{name}", "status": status,
                "reason": reason, "memory_usage": "10 MB", "cpu_usage": "1 %", "job_start": "N/A",
                "job_finish": "N/A", "std": {"0": "reading", "1": "epoch 3", "2": ""},
            }  # fmt: skip
            key = f"{prefix}/logs/DATASET_NAME:{name}_STATUS.txt"
            written.append(self.put(key, json.dumps(said)))
        for name, content in (results or {}).items():
            written.append(self.put(f"{prefix}/process_results/{name}", content))
        if results is not None:
            written.append(self.put(f"{prefix}/process_results/update.txt"))
            written.append(self.put(f"{prefix}/internal_ec2_logs/stdout", "internal"))
        if end:
            written.append(self.put(f"{prefix}/process_results/end.txt", "end of analysis marker"))
        for path in written:
            when = path.stat().st_mtime - age_s
            os.utime(path, (when, when))
        return timestamp


def launched(status: str) -> list[str]:
    """A certificate of a job that runs or ran."""
    return [line.format(status=status) for line in HEAD] + STEPS
