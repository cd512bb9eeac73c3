"""Progress of a search on stderr: a table that grows on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.console import Group
from rich.live import Live
from rich.table import Table

from lfads.config import SearchConfig, SearchSettings
from lfads.search.record import MemberRow
from lfads.terminal.progress import Clock, say_start, titled
from lfads.terminal.saying import error_console
from lfads.training.defaults import Derived
from lfads.training.folder import ENDED
from lfads.training.tracking import gain_in_words

MOST_LINES = 15
"""Generations in the table of a terminal."""


class GenerationProgress:
    """A search tracker: what is searched, then a table of generations that grows, and the time left.

    On a terminal the table is drawn anew as the search goes on; elsewhere each generation is a line.
    """

    def __init__(self) -> None:
        self.console = error_console()
        self.live: Live | None = None
        self.search = SearchConfig()
        self.clock = Clock()
        self.ended = False
        self.lines: list[GenerationLine] = []
        self.standing = ""
        self.best: MemberRow | None = None

    def start(
        self, config: SearchSettings, derived: Sequence[Derived], first_generation: int
    ) -> None:
        """Show what was derived from the data, and the space."""
        self.search = config.search
        say_start(self.console, derived, "generation", first_generation)
        self.console.print(space_table(self.search))
        self.clock = Clock(self.search.max_hours)
        if self.console.is_terminal:
            self.live = Live(console=self.console, get_renderable=self._shown, refresh_per_second=2)
            self.live.start()
        else:
            self.console.print("compiling …")

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        """Say now and then where a generation stands."""
        self.standing = f"generation {generation}: epoch {epoch}/{last_epoch}"
        if epoch < last_epoch and self.clock.is_time_for_a_line():
            self._say(self.standing)
            self.clock.line_is_said()

    def generation(self, rows: Sequence[MemberRow], best: MemberRow) -> None:
        """A line for each generation."""
        number, total = rows[0].generation, self.search.num_generations
        if self.search.method == "random":
            number, total = len(rows), self.search.population
        self.best = best
        self.clock.line_is_said()
        left = self.clock.left(number, total)
        line = GenerationLine(f"{number}/{total}", best.score, median_score(rows), left)
        self.lines.append(line)
        self._say(f"{self._what()} {line}  {settings_of(best, self.search)}")

    def end(self, stopped_by: str) -> None:
        """Say why the search ended."""
        if self.live is not None:
            self.standing = ""
            self.ended = True
            self.live.stop()
        found = ""
        if self.best is not None:
            found = (
                f": the best is member {self.best.member} of generation {self.best.generation}, "
                f"{gain_in_words(self.best.valid_bits_per_spike, self.best.valid_bits_per_sample)}"
            )
        self.console.print(f"{ENDED[stopped_by]}{found}")

    def _what(self) -> str:
        return "member" if self.search.method == "random" else "generation"

    def _say(self, text: str) -> None:
        """A line, where there is no table."""
        if self.live is None:
            self.console.print(text, soft_wrap=True)

    def _shown(self) -> Group:
        """The table of the last generations, the settings of the best member, and what goes on now."""
        parts: list[Any] = []
        if self.lines:
            parts.append(generations_table(self.lines[-MOST_LINES:], self._what()))
        if self.best is not None:
            parts.append(f"best so far: {settings_of(self.best, self.search)}")
        if self.standing:
            left = self.lines[-1].left if self.lines else ""
            parts.append("  ".join(filter(None, (self.standing, left))))
        elif not (self.lines or self.ended):
            parts.append(f"compiling, {self.clock.elapsed_s():.0f} s")
        return Group(*parts)


class GenerationLine(NamedTuple):
    """What a generation says of itself; the time left is in words."""

    number: str
    best: float
    median: float
    left: str

    def __str__(self) -> str:
        scores = f"best {self.best:.4f}  median {self.median:.4f} nats/sample"
        return "  ".join(filter(None, (self.number, scores, self.left)))


def median_score(rows: Sequence[MemberRow]) -> float:
    """The upper median of the members' scores; infinity where they are not finite."""
    scores = sorted(row.comparable_score for row in rows)
    return scores[len(scores) // 2]


def generations_table(lines: Sequence[GenerationLine], what: str) -> Table:
    """Scores of generations, a row each; nats per sample."""
    table = Table(box=None, padding=(0, 2))
    for column in (what, "best so far", "median"):
        table.add_column(column, justify="right")
    for line in lines:
        table.add_row(line.number, f"{line.best:.4f}", f"{line.median:.4f}")
    return table


SHORT = {
    "num_factors": "factors",
    "generator_size": "generator",
    "encoder_size": "encoders",
    "controller_size": "controller",
    "num_inferred_inputs": "inputs",
    "initial_condition_size": "initial condition",
    "read_in_size": "read-ins",
    "learning_rate": "rate",
    "weight_decay": "decay",
    "dropout_rate": "dropout",
    "coordinated_dropout_rate": "coordinated",
    "initial_condition_kl_weight": "KL initial",
    "inferred_input_kl_weight": "KL inputs",
    "generator_l2_weight": "L2 generator",
    "controller_l2_weight": "L2 controller",
}


def settings_of(row: MemberRow, search: SearchConfig) -> str:
    """The searched hyperparameters of a member in a few words."""
    return ", ".join(
        f"{SHORT[name]} {value:.2g}"
        for name, value in row.hyperparameters.items()
        if name in search.space
    )


def space_table(search: SearchConfig) -> Table:
    """What is searched."""
    rows = [
        (
            name, f"{searched.low:.3g}", f"{searched.high:.3g}",
            "drawn" if searched.start is None else f"{searched.start:.3g}",
            "enforced" if searched.enforced else "for first values",
        )
        for name, searched in search.space.items()
    ]  # fmt: skip
    return titled("searched", ("hyperparameter", "from", "to", "start", "limits"), rows)
