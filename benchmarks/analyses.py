"""What analyses find in simulations whose truth is known, and in noise: the numbers of their pages.

No network is trained: analyses are put to the true rates of simulated reaches, to their smoothed spikes and
to smoothed spikes of constant rates, in the same form as results of a network. Seeds are of the simulation,
draws of the noise. Films are of the truth, ten seconds each. `--recording` is a recording of reaches
in bins of 100 ms with the velocity of the hand; without it that part is left out. The JSON is written after
every part; parts that it has already are not measured again.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import _record
import numpy as np
from _films import films
from _reaches import Case, smoothed_noise, smoothed_spikes, true_rates

from lfads.analysis.cis_projection import CisAndRotation
from lfads.analysis.classification import Classification
from lfads.analysis.coherence import Coherence
from lfads.analysis.decoding import Decoding
from lfads.analysis.embedding import Embedding
from lfads.analysis.inputs_around_events import InputsAroundEvents
from lfads.analysis.jpca import JPCA
from lfads.analysis.reaction_time import ReactionTime
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable
from lfads.paper.initial_conditions import plan_angle
from lfads.simulate.oscillation import simulate_oscillation
from lfads.simulate.reaching import simulate_reaching
from lfads.terminal.saying import say

Numbers = dict[str, Any]

MOVEMENT_S, ONSET = (0.0, 0.3), "reaction_time"
WIDTHS_S = (0.02, 0.04, 0.06)
DRAWS, SURROGATES_OF_DRAWS = 10, 200
LAGS_S = (0.0, 0.04, 0.08, 0.12)


def rotations(seed: int) -> Numbers:
    """Frequencies of jPCA, R² of both linear systems, and surrogates."""
    dataset = simulate_reaching(seed)
    truth = true_rates(dataset)
    moving = JPCA(window_s=MOVEMENT_S, align_to=ONSET)
    early = JPCA(window_s=(-0.1, 0.3), align_to=ONSET, num_surrogates=0)
    return {
        "true rates": turning(moving, truth),
        "true rates, from 100 ms before": turning(early, truth),
        "true rates, from go": turning(JPCA(num_surrogates=0), truth),
        "smoothed spikes": turning(moving, smoothed_spikes(dataset, 0.02)),
    }


def turning(analysis: JPCA, case: Case) -> Numbers:
    """What a fit says of one result."""
    found = analysis.compute(*case)
    chance = found["r2_skew_surrogates"].values
    fit = {
        "frequency_hz": found["frequency_hz"].values.tolist(),
        "variance_fraction": found["variance_fraction"].values.tolist(),
        "r2_skew": float(found["r2_skew"]),
        "r2_linear": float(found["r2_linear"]),
    }
    if not len(chance):
        return fit
    of_chance = {"number": len(chance), "mean": float(chance.mean()), "high": float(chance.max())}
    return {**fit, "p": float(found["p_skew"]), "surrogates": of_chance}


def noise_with_few_conditions() -> Numbers:
    """jPCA of draws of noise, with as many components as by default and with six."""
    dataset, found = simulate_reaching(), dict[str, Any]()
    for width_s in (0.02, 0.05):
        for components, number in ((None, 24), (None, 8), (None, 4), (6, 4)):
            analysis = JPCA(
                window_s=MOVEMENT_S, align_to=ONSET,
                num_components=components, num_surrogates=SURROGATES_OF_DRAWS,
            )  # fmt: skip
            name = f"{number} conditions" + (f", {components} components" if components else "")
            found.setdefault(in_ms(width_s), {})[name] = [
                turning(
                    analysis, smoothed_noise(dataset, width_s, draw).of_first_conditions(number)
                )
                for draw in range(DRAWS)
            ]
    return found


def condition_independent(seed: int) -> Numbers:
    """What conditions share of the first axis, and the plane beside it."""
    dataset = simulate_reaching(seed)
    noise = smoothed_noise(dataset, 0.04, seed)
    asked: dict[str, tuple[Case, int | None]] = {
        "true rates": (true_rates(dataset), None),
        "smoothed spikes": (smoothed_spikes(dataset, 0.04), None),
        "noise": (noise, None),
        "noise, 4 conditions": (noise.of_first_conditions(4), None),
        "noise, 4 conditions, 6 components": (noise.of_first_conditions(4), 6),
    }
    numbers: Numbers = {}
    for name, (case, components) in asked.items():
        analysis = CisAndRotation(
            rotation_window_s=MOVEMENT_S, rotation_align_to=ONSET, num_components=components
        )
        found = analysis.compute(*case)
        numbers[name] = {
            "common_share": float(found["common_share"][0]),
            "frequency_hz": float(found["frequency_hz"]),
            "r2_skew": float(found["r2_skew"]),
            "p": float(found["p_skew"]),
        }
    return numbers


def reaction_times(seed: int) -> Numbers:
    """r with the measured times: of the true trigger, of true rates, and of smoothed spikes by width."""
    dataset = simulate_reaching(seed)
    table = dataset.session.trial_table

    def r_of(case: Case) -> float:
        return float(ReactionTime().compute(*case)["r"])

    return {
        "trigger": float(np.corrcoef(table["trigger"], table[ONSET])[0, 1]),
        "true rates": r_of(true_rates(dataset)),
        "noise": r_of(smoothed_noise(dataset, 0.02, seed)),
        "smoothed spikes": {
            in_ms(width): r_of(smoothed_spikes(dataset, width)) for width in WIDTHS_S
        },
    }


def decoding(seed: int) -> Numbers:
    """R² of the hand's velocity by ridge regression and by a Kalman filter."""
    case = true_rates(simulate_reaching(seed))
    narrow = (0.01, 0.02, 0.03)
    of_hand = "hand_velocity"
    asked = {
        "ridge": Decoding(behavior=of_hand),
        "ridge, past of 200 ms": Decoding(behavior=of_hand, past_s=(0.0, 0.12, 0.2)),
        "kalman": Decoding(behavior=of_hand, method="kalman", past_s=LAGS_S),
        "kalman, narrow": Decoding(
            behavior=of_hand, method="kalman", past_s=LAGS_S, widths_s=narrow
        ),
    }
    return {name: decoded(analysis, case) for name, analysis in asked.items()}


def decoded(analysis: Decoding, case: Case) -> Numbers:
    """R² of channels by signal, their mean, and how many trials were used."""
    found = analysis.compute(*case)
    by_signal = zip(found["signal"].values.tolist(), found["r2"].values, strict=True)
    numbers = {name: {"channels": r2.tolist(), "mean": float(r2.mean())} for name, r2 in by_signal}
    return {**numbers, "trials": found.sizes["trial"]}


def directions(seed: int) -> Numbers:
    """Share of left-out trials whose direction is told, about the go cue."""
    analysis = Classification(window_s=(-0.1, 0.2), column="direction")
    found = analysis.compute(*true_rates(simulate_reaching(seed)))
    by_signal = zip(found["signal"].values.tolist(), found["accuracy"].values.tolist(), strict=True)
    return {**dict(by_signal), "chance": float(found["chance"])}


def plans(seed: int) -> Numbers:
    """Median error in degrees of the direction told from the state at go, of the target and of the plan."""
    found: Numbers = {}
    for scatter in (0.3, 0.15):
        dataset = simulate_reaching(seed, plan_noise=scatter)
        planned = np.degrees(plan_angle(dataset.session, dataset.time_s)) % 360
        cases = {"true rates": true_rates(dataset)}
        cases |= {
            f"smoothed spikes, {in_ms(width)}": smoothed_spikes(dataset, width)
            for width in WIDTHS_S
        }
        found[f"{scatter:g}"] = {
            name: {
                column: angle_error(case.with_column("plan", planned), column)
                for column in ("direction", "plan")
            }
            for name, case in cases.items()
        }
    return found


def angle_error(case: Case, column: str) -> Numbers:
    """Of an angle told from the state at the go cue, and of shuffled angles."""
    analysis = Embedding(of="state", at_s=0.0, by="direction", angle=column)
    found = analysis.compute(*case)
    return {"deg": float(found["error_deg"][0]), "chance_deg": float(found["error_chance_deg"][0])}


def jumps(seed: int) -> Numbers:
    """Sides of cursor jumps told from true inputs and from noise, and when they differ."""
    dataset = simulate_reaching(seed, jumps=True)
    true = dataset.session.true_inputs
    assert true is not None
    noise = np.random.default_rng(seed).normal(size=(*true.shape[:2], 2))
    numbers: Numbers = {}
    for name, inputs in (("true inputs", true), ("noise", noise)):
        given = Variable(inputs.astype(np.float32), ("trial", "time", "input"), "a.u.")
        analysis = InputsAroundEvents(event="jump_time", by="jump_side", within="direction")
        found = analysis.compute(*true_rates(dataset, inferred_inputs=given))
        first_s = float(found["first_s"])
        numbers[name] = {
            **{key: float(found[key]) for key in ("accuracy", "chance", "p")},
            "first_s": first_s if np.isfinite(first_s) else None,
        }
    return numbers


def coherence(seed: int) -> Numbers:
    """Coherence at 25 Hz with the field potential, and what 99 % of pairings stay below."""
    found = Coherence(behavior="lfp", frequency_hz=25.0).compute(
        *true_rates(simulate_oscillation(seed))
    )
    return {
        name: {"at_25_hz": float(found["at_frequency"][k]), "band": float(found["band"][k])}
        for k, name in enumerate(found["signal"].values.tolist())
    }


def recorded(path: Path) -> Numbers:
    """Velocities of a monkey's hand: by default, with all bins, and from 20 components alone."""
    with np.load(path, allow_pickle=False) as file:
        counts, lengths, moved = file["counts"], file["trial_len"], file["kin"][..., 2:4]
        bin_width_s = int(file["bin_ms"]) / 1000
    dataset = Dataset.from_arrays(
        counts, bin_width_s=bin_width_s, trial_length=lengths, behavior={"hand_vel": moved}
    )
    case, most = smoothed_spikes(dataset, bin_width_s), 40_000
    by_default = decoded(Decoding(), case)
    return {
        "neurons": counts.shape[2],
        "trials": len(counts),
        "default": by_default,
        "all bins": decoded(Decoding(most_samples=most), case),
        "20 components": decoded(Decoding(num_components=(20,)), case),
    }


def in_ms(width_s: float) -> str:
    """A width in words."""
    return f"{1000 * width_s:.0f} ms"


BY_SEED: dict[str, Callable[[int], Numbers]] = {
    "rotations": rotations, "condition-independent signal": condition_independent,
    "reaction times": reaction_times, "decoding": decoding, "directions": directions,
    "plans": plans, "jumps": jumps, "coherence": coherence,
}  # fmt: skip


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of simulations")
    parser.add_argument("--recording", type=Path, metavar="FILE.npz", help="reaches of a monkey")
    arguments = parser.parse_args()
    results = _record.earlier(arguments.out)

    def measured(what: str, into: Numbers, key: str, measure: Callable[[], Numbers]) -> None:
        if key not in into:
            say(what)
            into[key] = measure()
            _record.record(results, arguments.out)

    for name, measure in BY_SEED.items():
        own = results.setdefault(name, {})
        for seed in arguments.seeds:
            measured(
                f"{name}, seed {seed}",
                own,
                str(seed),
                lambda measure=measure, seed=seed: measure(seed),
            )
    alone: dict[str, Callable[[], Numbers]] = {
        "noise with few conditions": noise_with_few_conditions
    }
    if arguments.recording is not None:
        alone["recording"] = lambda: recorded(arguments.recording)
    for name, measure in (alone | {"films": films}).items():
        measured(name, results, name, measure)


if __name__ == "__main__":
    main()
