"""A tracker: a line of text for each epoch, in the folder of the run."""


class Lines:
    """Appends to `lines.txt`."""

    def __init__(self, folder, prefix: str = "epoch"):
        self.path, self.prefix = folder / "lines.txt", prefix

    def start(self, config, derived, first_epoch):
        """Says where it starts."""
        self.path.write_text(f"from {first_epoch}\n")

    def epoch(self, record):
        """Says how well it goes."""
        with self.path.open("a") as file:
            file.write(f"{self.prefix} {record.epoch}: {record.valid_nll:.4f}\n")

    def end(self, stopped_by):
        """Says why it ended."""
        with self.path.open("a") as file:
            file.write(f"{stopped_by}\n")
