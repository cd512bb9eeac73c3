"""A store at `fickle://` that stalls, drops connections or refuses, as a test tells it to."""

import threading
from contextlib import contextmanager

import fsspec
from fsspec.implementations.memory import MemoryFileSystem


class Fickle(MemoryFileSystem):
    """A file system in memory, whose `put_file` does as it is told."""

    protocol = "fickle"
    store = {}
    pseudo_dirs = [""]
    root_marker = "/"
    answers = threading.Event()
    drops: int = 0
    refusal: Exception | None = None
    names: list[str] = []

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("fickle://", "memory://"))

    def put_file(self, lpath, rpath, *args, **more):
        """Keep a file, once the store answers; a dropped connection leaves the half of it."""
        kind = type(self)
        assert kind.answers.wait(30)
        if kind.refusal is not None:
            raise kind.refusal
        if kind.drops:
            kind.drops -= 1
            with open(lpath, "rb") as file:
                content = file.read()
            self.pipe_file(rpath, content[: len(content) // 2])
            raise ConnectionResetError(104, "Connection reset by peer")
        kind.names.append(rpath.rpartition("/")[2])
        super().put_file(lpath, rpath, *args, **more)


@contextmanager
def fickle_store():
    """The store, empty and willing."""
    fsspec.register_implementation("fickle", Fickle, clobber=True)
    Fickle.store.clear()
    Fickle.pseudo_dirs[:] = [""]
    Fickle.names.clear()
    Fickle.answers.set()
    Fickle.drops, Fickle.refusal = 0, None
    try:
        yield Fickle
    finally:
        Fickle.answers.set()
        Fickle.drops, Fickle.refusal = 0, None


def kept(address):
    """What is kept at an address, by name."""
    system, root = fsspec.core.url_to_fs(address)
    return {
        name.removeprefix(f"{root}/"): system.cat_file(name)
        for name in system.find(root)
        if not name.endswith(".in-use.json")
    }
