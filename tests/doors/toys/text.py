"""A format: mean rates of neurons as text."""


class Text:
    """A line for each neuron: its session, its number, and its mean rate."""

    suffixes = (".txt",)

    def write(self, sessions, path):
        """Tab-separated, below a line that says what it is."""
        lines = ["lfads rates"]
        for name, session in sessions.items():
            for neuron, rate in enumerate(session["rates"].mean(["trial", "time"]).values):
                lines.append(f"{name}\t{neuron}\t{rate:.3f}")
        path.write_text("\n".join(lines) + "\n")

    def is_own(self, path):
        """By the first line."""
        return path.is_file() and path.read_bytes().startswith(b"lfads rates\n")
