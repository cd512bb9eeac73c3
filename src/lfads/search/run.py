"""A search in its folder: generations, the best member, and going on where it stopped.

`config.toml` holds every setting, resolved; `population.csv` and `epochs.jsonl` what every member did;
`checkpoints/last.npz` the population after the last generation; `best/` the best member so far, in the
layout of a training run.
"""

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError
from lfads.config import RunConfig, SearchConfig
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices
from lfads.files import write_text
from lfads.hyperparameters import HyperParameterConfig
from lfads.model.lfads import Shapes
from lfads.search.local import LocalEngine
from lfads.search.members import Kept, Members, nothing_kept, one_of, stack, take
from lfads.search.population import comparable, explore, has_converged, tournament, truncation
from lfads.search.random_search import train_members
from lfads.search.ray_cluster import Cluster, RayEngine, joined_cluster
from lfads.search.record import (
    HYPERPARAMETERS,
    EpochsFile,
    MemberRow,
    SearchOutcome,
    best_of,
    lineage_of,
    read_population,
    row_from,
    write_population,
    write_search_summary,
)
from lfads.search.setup import in_stored_units, member_seeds, resolve_search
from lfads.search.space import first_values
from lfads.search.tracking import SearchTracker
from lfads.training.checkpoint import load_checkpoint, save_checkpoint
from lfads.training.defaults import Derived
from lfads.training.epochs import TrainingData
from lfads.training.folder import describe_data, read_summary, versions, write_summary
from lfads.training.keeper import Keeper
from lfads.training.loop import Diverged
from lfads.training.resuming import not_default, resumed_config
from lfads.training.run import refuse_used_folder
from lfads.training.schedules import Course, smoothed_score
from lfads.training.setup import (
    checked_dataset,
    model_from,
    shapes_of,
    start_of_maps,
    static_model,
    training_data,
)
from lfads.training.step import TrainState, initial_state
from lfads.training.stopping import StopRequest, stop_on_signals
from lfads.training.tracking import EpochRecord, write_metrics

BUDGETS = {
    "population": {"search": {"num_generations", "max_hours"}},
    "random": {"search": {"population", "max_hours"}},
}
"""Settings that may change when a search is resumed, by its method."""

RESULTS = ("posterior.nc", "continuous.nc", "scores.json", "report.html")
"""What commands write into `best/`; they go with the weights that they were inferred with."""


class Population(NamedTuple):
    """All members, in the host's memory. `parents` are those of the running generation."""

    states: TrainState
    kept: Kept
    values: dict[str, Float[np.ndarray, " member"]]
    smoothed: Float[np.ndarray, " member"]
    parents: Int[np.ndarray, " member"]


def search_in_folder(
    dataset: Dataset,
    config: RunConfig,
    folder: Path,
    *,
    resume: bool = False,
    given: Mapping[str, Any] | None = None,
    cluster: Cluster | None = None,
    trackers: Sequence[SearchTracker] = (),
) -> SearchOutcome:
    """Search in a new folder, or go on with a search.

    Parameters
    ----------
    dataset
        One session, or several that share the network.
    config
        Open settings are derived from the data.
    folder
        New or empty, unless `resume`.
    resume
        Continue the search in the folder; only its budgets may differ.
    given
        As in `train_in_folder`.
    cluster
        Ray cluster to train on; this process alone if there is none.
    trackers
        Told of every generation.

    Raises
    ------
    UserError
        If the folder is in use, nothing can be resumed, or settings do not fit.
    """
    description = describe_data(checked_dataset(dataset))
    search = config.search or SearchConfig()
    config = dataclasses.replace(config, search=search)
    if resume:
        given = not_default(config) if given is None else given
        given = in_stored_units(given, config, dataset)
        config = resumed_config(
            folder, description, given, BUDGETS[search.method], _checkpoint_of(folder)
        )
    else:
        refuse_used_folder(folder)
    configure_devices()
    resolved, derived = resolve_search(config, dataset, on_cluster=cluster is not None)
    if search.method == "random":
        write_text(folder / "config.toml", resolved.to_toml())
        outcome = train_members(dataset, resolved, folder, derived, trackers)
    else:
        data, shapes = training_data(dataset, resolved), shapes_of(dataset)
        with (
            _engine(resolved, shapes, data, cluster) as engine,
            stop_on_signals("generation") as stop,
        ):
            write_text(folder / "config.toml", resolved.to_toml())
            generations = _Search(resolved, dataset, description, folder, engine)
            outcome = generations.run(derived, trackers, stop)
    write_search_summary(folder, outcome, {"versions": versions(), "data": description})
    return outcome


@contextmanager
def _engine(
    config: RunConfig, shapes: Shapes, data: TrainingData, cluster: Cluster | None
) -> Iterator[LocalEngine | RayEngine]:
    """The engine of this process, or that of a cluster."""
    members = config.search.population if config.search else 1
    if cluster is None:
        yield LocalEngine(static_model(config.model, shapes), data, config, members)
        return
    with joined_cluster(cluster):
        yield RayEngine(shapes, data, config, members, cluster)


def _load(path: Path, template: Population) -> tuple[Population, dict[str, Any]]:
    """The population of a checkpoint, and its header; older ones lack the best weights of members."""
    try:
        trees, header = load_checkpoint(path, {"population": template})
        return trees["population"], header
    except UserError:
        older = {name: getattr(template, name) for name in Population._fields if name != "kept"}
        trees, header = load_checkpoint(path, {"population": older})
    found = template._replace(**trees["population"])
    score, epochs = found.smoothed.astype(np.float32), [row["epoch"] for row in header["rows"]]
    kept = Kept(found.states.average, score, np.array(epochs, np.int32), score)
    return found._replace(kept=kept), header


def _checkpoint_of(folder: Path) -> Path:
    """A checkpoint that knows what the search was trained on."""
    population, member = (
        folder / name / "last.npz" for name in ("checkpoints", "members/000/checkpoints")
    )
    return population if population.exists() else member


class _Search:
    """The generations of one search."""

    def __init__(
        self,
        config: RunConfig,
        dataset: Dataset,
        description: dict[str, Any],
        folder: Path,
        engine: LocalEngine | RayEngine,
    ) -> None:
        self.config, self.dataset, self.folder, self.engine = config, dataset, folder, engine
        self.search = config.search or SearchConfig()
        self.seeds = member_seeds(config)
        self.header = {"data": description, "versions": versions(), "config": config.to_dict()}
        self.description = description
        self.checkpoint = folder / "checkpoints" / "last.npz"
        self.epochs = EpochsFile(folder / "epochs.jsonl")
        self.rows: list[MemberRow] = []
        self.seconds = 0.0

    def run(
        self, derived: Sequence[Derived], trackers: Sequence[SearchTracker], stop: StopRequest
    ) -> SearchOutcome:
        """Generation after generation until there is a reason to stop."""
        population, done = self._start()
        for tracker in trackers:
            tracker.start(self.config, derived, done + 1)
        stopped_by = self._reason_to_stop(done, stop)
        while stopped_by is None:
            if done:
                population = self._next(population, done)
            done += 1
            population, records = self._train(population, done, trackers)
            self._note(population, records, done)
            for tracker in trackers:
                tracker.generation(self._rows_of(done), best_of(self.rows))
            stopped_by = self._reason_to_stop(done, stop)
        for tracker in trackers:
            tracker.end(stopped_by)
        return SearchOutcome(stopped_by, best_of(self.rows), self.rows, self.seconds)

    def _start(self) -> tuple[Population, int]:
        """The population, and generations done: from the checkpoint if there is one."""
        members = len(self.seeds)
        maps = start_of_maps(self.config, self.dataset)
        configs = [dataclasses.replace(self.config, seed=seed) for seed in self.seeds]
        states = [
            initial_state(model_from(maps, config, self.dataset), self.config.training)
            for config in configs
        ]
        rng = np.random.default_rng([self.config.seed, 0])
        values = first_values(self.search.space, self.config.hyperparameters, members, rng)
        first = stack(states)
        population = Population(
            first, nothing_kept(first), values, np.full(members, np.inf), np.arange(members)
        )
        if not self.checkpoint.exists():
            self.epochs.keep_until(0)
            return population, 0
        population, header = _load(self.checkpoint, population)
        done = int(header["generation"])
        self.seconds = float(header["seconds"])
        self._take_up(population, done, [row_from(row) for row in header["rows"]])
        return population, done

    def _take_up(self, population: Population, done: int, last: list[MemberRow]) -> None:
        """Bring the files to where the checkpoint stands, whatever a kill had left undone."""
        table = self.folder / "population.csv"
        before = read_population(table) if table.exists() else []
        self.rows = [row for row in before if row.generation < done] + last
        self.epochs.keep_until(self.last_epoch(done))
        self._write_tables(population, done)

    def _write_tables(self, population: Population, generation: int) -> None:
        """`population.csv`, and `best/` if the best member is of this generation."""
        write_population(self.folder / "population.csv", self.rows)
        best = best_of(self.rows)
        if best.generation == generation:
            self._write_best(population, best)

    def last_epoch(self, generation: int) -> int:
        """With which a generation ends; the first one holds the ramp, too."""
        return (
            self.config.training.ramp_epochs or 0
        ) + generation * self.search.epochs_per_generation

    def _train(
        self, population: Population, generation: int, trackers: Sequence[SearchTracker]
    ) -> tuple[Population, list[list[EpochRecord]]]:
        """Train every member for a generation."""
        epochs, share = self._epochs_of(generation), self.config.training.score_smoothing
        smoothed = np.array(population.smoothed)
        records: list[list[EpochRecord]] = [[] for _ in self.seeds]
        before, began = self.seconds, time.monotonic()
        kept = population.kept._replace(smoothed=smoothed.astype(np.float32))
        seeds = np.array(self.seeds, np.uint32)
        members = Members(seeds, population.states, kept, population.values)
        pieces = self.engine.train(members, epochs[0], len(epochs))
        for members, piece in pieces:  # noqa: B007 - the last one is kept
            self.seconds = before + time.monotonic() - began
            for member, own in enumerate(piece):
                for record in own:
                    smoothed[member] = smoothed_score(smoothed[member], record.score, share)
                    records[member].append(
                        dataclasses.replace(
                            record, seconds=self.seconds, valid_smoothed=float(smoothed[member])
                        )
                    )
            for tracker in trackers:
                tracker.epochs(generation, records[0][-1].epoch, epochs[-1])
        trained = population._replace(states=members.states, kept=members.kept, smoothed=smoothed)
        return trained, records

    def _next(self, population: Population, generation: int) -> Population:
        """Exploit and explore: the population that the next generation starts with."""
        rng = np.random.default_rng([self.config.seed, generation])
        select = tournament if self.search.selection == "tournament" else truncation
        source = select(population.smoothed, rng)
        values = explore(
            population.values, source, self.search.space, rng,
            resample=self.search.exploration == "resample",
        )  # fmt: skip
        stays = source == np.arange(len(source))
        return Population(
            take(population.states, source),
            population.kept,
            values,
            np.where(stays, population.smoothed, np.inf),
            source,
        )

    def _note(
        self, population: Population, records: list[list[EpochRecord]], generation: int
    ) -> None:
        """Write what the generation did. It is done once the checkpoint is; tables follow from that."""
        rows = [
            self._row(population, member, own, generation) for member, own in enumerate(records)
        ]
        if not any(np.isfinite(row.final_score) for row in rows):
            raise Diverged(
                f"no member of generation {generation} had a finite validation likelihood. The likely "
                "cause is a learning rate that is too high: lower the limits of "
                f"[search.space.learning_rate]. The generation before is kept in {self.folder}"
            )
        self.rows += rows
        self.epochs.append(records)
        save_checkpoint(
            self.checkpoint,
            {"population": population},
            {
                **self.header,
                "generation": generation,
                "seconds": repr(self.seconds),
                "rows": [dataclasses.asdict(row) for row in rows],
            },
        )
        self._write_tables(population, generation)

    def _row(
        self, population: Population, member: int, records: list[EpochRecord], generation: int
    ) -> MemberRow:
        """What a member reached in a generation, at its best epoch after the ramp."""
        compared = [record for record in records if record.ramp >= 1] or records[-1:]
        scores = comparable(np.array([record.valid_smoothed for record in compared]))
        best = compared[int(np.argmin(scores))] if np.isfinite(scores).any() else records[-1]
        return MemberRow(
            generation=generation,
            epoch=best.epoch,
            member=member,
            parent=int(population.parents[member]),
            score=best.valid_smoothed,
            final_score=float(population.smoothed[member]),
            train_nll=best.train_nll,
            valid_nll=best.valid_nll,
            valid_bits_per_spike=best.valid_bits_per_spike,
            hyperparameters={k: float(population.values[k][member]) for k in HYPERPARAMETERS},
        )

    def _write_best(self, population: Population, best: MemberRow) -> None:
        """`best/`: the member as a training run of its own."""
        folder, last_epoch = self.folder / "best", self.last_epoch(best.generation)
        config = dataclasses.replace(
            self.config,
            hyperparameters=HyperParameterConfig(**best.hyperparameters),
            training=dataclasses.replace(self.config.training, num_epochs=last_epoch),
            seed=self.seeds[best.member],
            search=None,
        )
        course = Course(
            epoch=last_epoch,
            seconds=self.seconds,
            smoothed=best.final_score,
            best_score=best.score,
            best_epoch=best.epoch,
        )
        if read_summary(folder).get("scores", {}).get("valid_nll_smoothed") != best.score:
            for name in RESULTS:  # of a former best
                (folder / name).unlink(missing_ok=True)
        write_text(folder / "config.toml", config.to_toml())
        header = {**self.header, "config": config.to_dict(), "seed": config.seed}
        state = one_of(population.states, best.member)
        average = one_of(population.kept.average, best.member)
        Keeper(folder / "checkpoints", header).save(state, average, course)
        lineage = lineage_of(self.rows, best.generation, best.member)
        records = self.epochs.of_lineage(lineage, {g: self._epochs_of(g) for g in lineage})
        write_metrics(folder / "metrics.jsonl", records)
        write_summary(folder, "search", course, int(state.dropped), self.description)

    def _epochs_of(self, generation: int) -> range:
        first = self.last_epoch(generation - 1) + 1 if generation > 1 else 1
        return range(first, self.last_epoch(generation) + 1)

    def _rows_of(self, generation: int) -> list[MemberRow]:
        return [row for row in self.rows if row.generation == generation]

    def _reason_to_stop(self, done: int, stop: StopRequest) -> str | None:
        if stop.requested:
            return "interrupted"
        if done >= self.search.num_generations:
            return "num_generations"
        hours = self.search.max_hours
        if hours is not None and self.seconds >= 3600 * hours:
            return "max_hours"
        scores = [np.array([r.score for r in self._rows_of(g)]) for g in range(1, done + 1)]
        bests = np.minimum.accumulate([comparable(s).min() for s in scores] or [np.inf])
        if has_converged(
            bests.tolist(), self.search.min_improvement, self.search.patience_generations
        ):
            return "converged"
        return None
