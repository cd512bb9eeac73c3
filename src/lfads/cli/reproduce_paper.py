"""The command that makes figures of the paper again, beside its numbers."""

from pathlib import Path
from typing import Any

from lfads.cli.answer import Answer, aligned
from lfads.cli.flags import Switch, Whole


def reproduce(
    *names: str,
    quick: Switch = False,
    seeds: Whole = 1,
    full: Switch = False,
    out: Path = Path("reproduced"),
) -> Answer:
    """Make the figures of the LFADS paper that simulations allow, beside its numbers.

    Writes OUT/index.html and OUT/results.json. What was done before in the same folder is used again, so a
    command that was broken off goes on where it was.

    Parameters
    ----------
    names
        Experiments: pendulum (figure S1), lorenz (S2), lorenz-settings, chaotic-rnn (S3), pulses (S7, S8),
        integration-to-bound (S9), sessions, reaching, reaching-dynamics (3c, 4d, S5, S6),
        initial-conditions (2, S4), jumps (5, S10), reaching-sessions (4, S6), dimensions (S4); or all.
    quick
        Few trials and short trainings: all of it in half an hour on two cores. Shows what comes out, not
        how good it is.
    seeds
        Of data and fits: seed 0 has as many trials as the paper, others a quarter.
    full
        Seeds after the first have as many trials as the paper, too.
    out
        Folder of all that is made.
    """
    from lfads.paper.reproduce import reproduce as make_again
    from lfads.paper.reproduce import typed

    made = make_again(list(names), out=out, quick=quick, seeds=seeds, full=full)
    values: dict[str, Any] = {
        "page": str(made.page),
        "experiments": {},
        "missing": list(made.failed),
    }
    texts = []
    for name, claims in made.claims.items():
        values["experiments"][typed(name)] = [one.to_dict() for one in claims]
        numbers = sorted({seed for one in claims for seed in one.here})
        rows = [("", "paper or target", *(f"seed {seed}" for seed in numbers), "")]
        rows += [
            (one.what, one.paper, *(one.here.get(seed, "") for seed in numbers), one.verdict)
            for one in claims
        ]
        texts.append(f"{typed(name)}\n{aligned(rows)}")
    texts += [f"missing: {words}" for words in made.failed]
    texts.append(f"wrote {made.page}")
    return Answer(values, "\n\n".join(texts), status=1 if made.failed else 0)
