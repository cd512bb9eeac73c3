"""An S3 server on this machine that can be told to answer 500, or not to answer for a while."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BUCKET = "autolfads-torch"
PAGE = 1000


class Trouble:
    """What happens to the next requests.

    Attributes
    ----------
    errors
        So many are answered by 500.
    stall_s
        All wait so long.
    asked
        Requests that came.
    """

    def __init__(self, app):
        self._app = app
        self.errors, self.stall_s, self.asked = 0, 0.0, 0

    def __call__(self, environ, start_response):
        self.asked += 1
        if self.stall_s:
            time.sleep(self.stall_s)
        if self.errors:
            self.errors -= 1
            start_response("500 Internal Server Error", [("Content-Type", "application/xml")])
            return [
                b"<Error><Code>InternalError</Code><Message>We encountered an error</Message></Error>"
            ]
        return self._app(environ, start_response)


@contextmanager
def s3_server() -> Iterator[Trouble]:
    """The server, with the environment that leads clients to it."""
    fsspec = pytest.importorskip("fsspec")
    pytest.importorskip("s3fs")
    application = pytest.importorskip("moto.moto_server.werkzeug_app")
    serving = pytest.importorskip("werkzeug.serving")
    app = application.DomainDispatcherApplication(application.create_backend_app)
    trouble = Trouble(app)
    server = serving.make_server("127.0.0.1", 0, trouble, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3").clear_instance_cache()
        yield trouble
        fsspec.filesystem("s3").clear_instance_cache()
    server.shutdown()
    thread.join()


def new_bucket(name: str = BUCKET) -> str:
    """The address of a bucket that is empty."""
    import fsspec

    system = fsspec.filesystem("s3")
    system.invalidate_cache()
    if system.exists(name):
        system.rm(name, recursive=True)
        system.invalidate_cache()
    if not system.exists(name):
        system.mkdir(name)
    return f"s3://{name}"


def places(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Path | str]]:
    """What makes a new bucket whenever it is called: a `folder`, one in `memory`, or on `s3`."""
    if kind == "s3":
        with s3_server():
            yield new_bucket
        return

    def folder() -> Path:
        found = tmp_path_factory.mktemp("bucket") / BUCKET
        found.mkdir()
        return found

    def memory() -> str:
        system = pytest.importorskip("fsspec").filesystem("memory")
        system.store.clear()
        system.pseudo_dirs[:] = ["", f"/{BUCKET}"]
        return f"memory://{BUCKET}"

    yield folder if kind == "folder" else memory
