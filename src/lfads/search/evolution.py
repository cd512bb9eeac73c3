"""A population from generation to generation: train, note, exploit and explore, until something ends it.

After every generation the population is saved; tables and `best/` follow from what is saved.
"""

import dataclasses
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.config import RunSettings, SearchSettings
from lfads.data.dataset import Dataset
from lfads.search.best import write_best
from lfads.search.local import LocalEngine
from lfads.search.members import Members, Population, nothing_kept, stack, take
from lfads.search.population import explore, has_converged, tournament, truncation
from lfads.search.ray_cluster import RayEngine
from lfads.search.record import (
    HYPERPARAMETERS,
    EpochsFile,
    MemberRow,
    SearchOutcome,
    SearchTracker,
    best_of,
    best_scores,
    lineage_of,
    read_population,
    standing_of,
    write_population,
)
from lfads.search.resolve import first_values, member_seeds
from lfads.training.checkpoint import checkpoint_in, read_checkpoint, write_checkpoint
from lfads.training.defaults import Derived
from lfads.training.folder import parts_of, versions
from lfads.training.loop import Diverged
from lfads.training.start import model_from, start_of_maps
from lfads.training.step import initial_state
from lfads.training.stopping import StopRequest
from lfads.training.tracking import EpochRecord


class Evolution:
    """The generations of one search.

    Parameters
    ----------
    config
        With every setting resolved.
    dataset
        To train on.
    description
        Of the data, for checkpoints.
    folder
        Of the search.
    engine
        That trains members.
    """

    def __init__(
        self,
        config: SearchSettings,
        dataset: Dataset,
        description: dict[str, Any],
        folder: Path,
        engine: LocalEngine | RayEngine,
    ) -> None:
        self.config, self.dataset, self.folder, self.engine = config, dataset, folder, engine
        self.search = config.search
        self.seeds = member_seeds(config)
        self.header = {
            "data": description, "versions": versions(), "parts": parts_of(config),
            "config": config.to_dict(),
        }  # fmt: skip
        self.checkpoint = checkpoint_in(folder)
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
            rows = [row for row in self.rows if row.generation == done]
            for tracker in trackers:
                tracker.generation(rows, best_of(self.rows))
            stopped_by = self._reason_to_stop(done, stop)
        for tracker in trackers:
            tracker.end(stopped_by)
        return SearchOutcome(stopped_by, best_of(self.rows), self.rows, self.seconds)

    def _start(self) -> tuple[Population, int]:
        """The population, and generations done: from the checkpoint if there is one."""
        members = len(self.seeds)
        maps = start_of_maps(self.config.model, self.dataset)
        configs = [dataclasses.replace(self.config, seed=seed) for seed in self.seeds]
        states = [
            initial_state(model_from(maps, config, self.dataset), self.config.training)
            for config in configs
        ]
        rng = np.random.default_rng([self.config.seed, 0])
        values = first_values(self.search.space, self.config.hyperparameters, members, rng)
        first = stack(states)
        population = Population(first, nothing_kept(first), values, np.arange(members))
        if not self.checkpoint.exists():
            self.epochs.keep_until(0)
            return population, 0
        trees, header = read_checkpoint(self.checkpoint, {"population": population})
        standing = standing_of(header, self.checkpoint)
        generation, self.seconds = standing.generation, float(standing.seconds)
        # The files are brought to where the checkpoint stands, whatever a kill had left undone.
        table = self.folder / "population.csv"
        before = read_population(table) if table.exists() else []
        self.rows = [row for row in before if row.generation < generation]
        self.rows += standing.rows
        self.epochs.keep_until(self.last_epoch(generation))
        self._write_tables(trees["population"], generation)
        return trees["population"], generation

    def _write_tables(self, population: Population, generation: int) -> None:
        """`population.csv`, and `best/` if the best member is of this generation."""
        write_population(self.folder / "population.csv", self.rows)
        best = best_of(self.rows)
        if best.generation != generation:
            return
        lineage = lineage_of(self.rows, generation, best.member)
        write_best(
            self.folder / "best",
            best,
            population,
            RunSettings(**{**vars(self.config), "search": None, "seed": self.seeds[best.member]}),
            last_epoch=self.last_epoch(generation),
            seconds=self.seconds,
            records=self.epochs.of_lineage(lineage, {g: self._epochs_of(g) for g in lineage}),
            header=self.header,
        )

    def last_epoch(self, generation: int) -> int:
        """With which a generation ends; the first one holds the ramp, too."""
        return self.config.training.ramp_epochs + generation * self.search.epochs_per_generation

    def _train(
        self, population: Population, generation: int, trackers: Sequence[SearchTracker]
    ) -> tuple[Population, list[list[EpochRecord]]]:
        """Train every member for a generation."""
        epochs = self._epochs_of(generation)
        records: list[list[EpochRecord]] = [[] for _ in self.seeds]
        before, began = self.seconds, time.monotonic()
        seeds = np.array(self.seeds, np.uint32)
        members = Members(seeds, population.states, population.kept, population.values)
        pieces = self.engine.train(members, epochs[0], len(epochs))
        for members, piece in pieces:  # noqa: B007 - the last one is kept
            self.seconds = before + time.monotonic() - began
            for own, more in zip(records, piece, strict=True):
                own += [dataclasses.replace(record, seconds=self.seconds) for record in more]
            for tracker in trackers:
                tracker.epochs(generation, records[0][-1].epoch, epochs[-1])
        return population._replace(states=members.states, kept=members.kept), records

    def _next(self, population: Population, generation: int) -> Population:
        """Exploit and explore: the population that the next generation starts with."""
        rng = np.random.default_rng([self.config.seed, generation])
        select = tournament if self.search.selection == "tournament" else truncation
        kept = population.kept
        source = select(np.asarray(kept.smoothed), rng)
        values = explore(
            population.values, source, self.search.space, rng,
            resample=self.search.exploration == "resample",
        )  # fmt: skip
        stays = source == np.arange(len(source))
        kept = kept._replace(smoothed=np.where(stays, kept.smoothed, np.float32(np.inf)))
        return Population(take(population.states, source), kept, values, source)

    def _note(
        self, population: Population, records: list[list[EpochRecord]], generation: int
    ) -> None:
        """Write what the generation did. It is done once the checkpoint is; tables follow from that."""
        rows = [_row(population, member, own, generation) for member, own in enumerate(records)]
        if not any(np.isfinite(row.final_score) for row in rows):
            raise Diverged(
                f"no member of generation {generation} had a finite validation likelihood. The likely "
                "cause is a learning rate that is too high: lower the limits of "
                f"[search.space.learning_rate]. The generation before is kept in {self.folder}"
            )
        self.rows += rows
        self.epochs.append(records)
        stands = {"generation": generation, "seconds": repr(self.seconds)}
        header = {**self.header, **stands, "rows": [dataclasses.asdict(row) for row in rows]}
        write_checkpoint(self.checkpoint, {"population": population}, header)
        self._write_tables(population, generation)

    def _epochs_of(self, generation: int) -> range:
        first = self.last_epoch(generation - 1) + 1 if generation > 1 else 1
        return range(first, self.last_epoch(generation) + 1)

    def _reason_to_stop(self, done: int, stop: StopRequest) -> str | None:
        if stop.requested:
            return "interrupted"
        if done >= self.search.num_generations:
            return "num_generations"
        hours = self.search.max_hours
        if hours is not None and self.seconds >= 3600 * hours:
            return "max_hours"
        search, bests = self.search, best_scores(self.rows)
        converged = has_converged(bests, search.min_improvement, search.patience_generations)
        return "converged" if converged else None


def _row(
    population: Population, member: int, records: list[EpochRecord], generation: int
) -> MemberRow:
    """What a member reached in a generation, at its best epoch after the ramp.

    That is the one whose weights its line keeps, if it is of this generation.
    """
    compared = [record for record in records if record.ramp >= 1] or records[-1:]
    kept = [record for record in compared if record.epoch == population.kept.epoch[member]]
    scored = [record for record in kept or compared if math.isfinite(record.valid_smoothed)]
    best = min(scored, key=lambda record: record.valid_smoothed, default=records[-1])
    return MemberRow(
        generation=generation,
        epoch=best.epoch,
        member=member,
        parent=int(population.parents[member]),
        score=best.valid_smoothed,
        final_score=float(population.kept.smoothed[member]),
        train_nll=best.train_nll,
        valid_nll=best.valid_nll,
        valid_bits_per_spike=best.valid_bits_per_spike,
        valid_bits_per_sample=best.valid_bits_per_sample,
        hyperparameters={k: float(population.values[k][member]) for k in HYPERPARAMETERS},
    )
