"""The command that makes figures of the paper again, beside its numbers."""

from pathlib import Path
from typing import Any

from lfads.cli.answer import Answer, aligned


def reproduce(
    *names: str,
    quick: bool = False,
    seeds: int = 1,
    out: Path = Path("reproduced"),
) -> Answer:
    """Make the figures of the LFADS paper that simulations allow, beside its numbers.

    Writes OUT/index.html and OUT/results.json. What was done before in the same folder is used again, so a
    command that was broken off goes on where it was.

    Parameters
    ----------
    names
        Experiments: pendulum (figure S1), lorenz (S2), lorenz-settings, chaotic-rnn (S3), pulses (S7, S8),
        integration-to-bound (S9), sessions, reaching; or all.
    quick
        Few trials and short trainings: all of it in half an hour on two cores. Shows what comes out, not
        how good it is.
    seeds
        Of data and fits: seed 0 has as many trials as the paper, others a quarter.
    out
        Folder of all that is made.
    """
    from lfads.paper.reproduce import reproduce as make_again

    made = make_again([name.replace("-", "_") for name in names], out=out, quick=quick, seeds=seeds)
    values: dict[str, Any] = {"page": str(made.page), "experiments": {}}
    texts = []
    for name, claims in made.claims.items():
        values["experiments"][name] = [one._asdict() for one in claims]
        rows = [("", "paper or target", "here", "")]
        rows += [(one.what, one.paper, ", ".join(one.here), one.verdict(quick)) for one in claims]
        texts.append(f"{name}\n{aligned(rows)}")
    texts.append(f"wrote {made.page}")
    return Answer(values, "\n\n".join(texts))
