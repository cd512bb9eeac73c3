"""Nobody reads another group's anything: every route of the app is walked; quotas; what jobs may name."""

import itertools
import json
import os
import re
import stat
import time

import h5py
import pytest
from tests.jobs.planned import Planned
from tests.studio import lab as labs
from tests.studio.browser import FORM
from tests.studio.lab import Lab, Person
from tests.studio.test_journey import TINY

from lfads.checks import NotThere, UserError
from lfads.formats.hdf5 import write
from lfads.jobs.folder import Ended, write_ended
from lfads.jobs.job import Needs
from lfads.jobs.sharing import step
from lfads.jobs.slots import Slots
from lfads.studio import looks
from lfads.studio.lab import lab_routes
from lfads.studio.people.people import Group
from lfads.studio.web import Mount

quick_digests = labs.quick_digests
SECRET = "secret-of-motor"
ROUTES = [
    (method, route.path)
    for route in lab_routes()
    if not isinstance(route, Mount)
    for method in sorted((route.methods or set()) - {"HEAD"})
]
OWN = ("/", "/data", "/jobs", "/runs", "/curves", "/account", "/api/data", "/api/jobs", "/api")
"""Pages that list what one's own group has."""

OF_NOBODY = ("/login",)


@pytest.fixture(scope="module")
def lab(tmp_path_factory, quick_digests) -> Lab:
    """With data, a job that is done, an upload that was broken off and a key of the group motor."""
    lab = Lab(tmp_path_factory.mktemp("lab"))
    lab.add_all()
    studio = lab.studio("motor")
    content = write(TINY, lab.place / "data.h5").read_bytes()
    upload = studio.shelf.begin(f"{SECRET}.h5", len(content), "")
    studio.shelf.part(upload).write_bytes(content)
    studio.shelf.finish(upload)
    studio.shelf.begin(f"{SECRET}-broken.h5", 100, "")
    for command in ("train", "search"):
        job = studio.jobs._store  # straight into the queue: nothing is trained here
        run = _job(studio, command, str(studio.shelf.get(upload.id).path))
        job.add(run)
        folder = studio.jobs.folder(run) / "run"
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "metrics.jsonl").write_text(json.dumps({"epoch": 1, "valid_nll": 0.3}) + "\n")
        (folder / "posterior.nc").write_bytes(SECRET.encode())
        (folder.parent / "log.txt").write_text(SECRET)
    lab.desk.sessions.begin("anna", "program", SECRET)
    return lab


def _job(studio, command: str, path: str):
    from lfads.jobs.asked import Asked
    from lfads.jobs.job import Job

    asked = Asked(command=command, inputs=(path,), options=("--seed", SECRET))
    return Job(id=f"{command}-{SECRET}", group="motor", asked=asked, state="done", ended_at=1.0)


def filled(lab: Lab, path: str) -> str:
    """A route with what the group motor has in the place of its parameters."""
    studio = lab.studio("motor")
    data, upload = studio.shelf.items()[0].id, studio.shelf.unfinished()[0].id
    key = lab.desk.sessions.keys("anna")[0].name
    job = "search" if "/search" in path else "train"
    ids = upload if "uploads" in path or "pieces" in path else data if "/data/" in path else None
    path = path.replace("{id}", ids or f"{job}-{SECRET}")
    path = path.replace("{name:path}", "posterior.nc").replace("{key}", "0" * 20)
    path = path.replace("{session:int}", "0").replace("{position:int}", "0")
    path = path.replace("{job}", "x").replace("/keys/{name}", f"/keys/{key}")
    return path.replace("{name}", "psth")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_shows_anything_to_another_group(lab: Lab, method: str, path: str):
    clara, url = PEOPLE.get(lab, "clara"), filled(lab, path)
    before = files_of(lab, "motor")
    if path.startswith("/api") and method != "GET":
        key = lab.desk.sessions.begin("clara", "program")
        answer = clara.ask(method, url, [b'{"command": "x"}'], {"authorization": f"Bearer {key}"})
    elif method == "POST" and "uploads" in path:
        answer = clara.send(url + "?offset=0", [b"x"])
    elif method == "POST":
        answer = clara.post(url) if path not in ("/login", "/logout") else clara.get("/data")
    else:
        answer = clara.get(url)
    headers = answer.headers
    assert "frame-ancestors" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    if "{" in path or path.startswith("/neurocaas"):
        assert answer.status == 404, (answer.status, answer.text)
    else:  # a page of one's own: what is refused may repeat the id that was asked for
        assert SECRET not in answer.body.decode(errors="replace")
        assert lab.studio("motor").shelf.items()[0].id not in answer.body.decode(errors="replace")
    assert files_of(lab, "motor") == before


def files_of(lab: Lab, group: str) -> list[str]:
    found = (str(one) for one in lab.studio(group).jobs.place.rglob("*"))
    return sorted(one for one in found if "sqlite" not in one)


class Known:
    """People who have logged in, once for all tests."""

    def __init__(self) -> None:
        self._known: dict[str, Person] = {}

    def get(self, lab: Lab, name: str) -> Person:
        if name not in self._known:
            self._known[name] = Person(lab, name)
            self._known[name].see(self._known[name].get("/account"))
        return self._known[name]


PEOPLE = Known()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_answers_nobody(lab: Lab, method: str, path: str):
    url = filled(lab, path)
    for cookies in ({}, {lab.desk.cookie: "guess"}):
        nobody = Person(lab)
        nobody.cookies = dict(cookies)
        answer = nobody.ask(method, url, [b"x"] if method != "GET" else [])
        if path in OF_NOBODY:
            assert answer.status in (200, 403)
        elif path.startswith("/api"):
            assert (answer.status, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
        elif method == "GET":
            assert answer.status == 303
            assert re.fullmatch(r"(\.\./)*(\./)?login(\?next=[^/]*)?", answer.headers["location"])
        else:
            assert answer.status == 401
        assert SECRET not in answer.text
        assert "content-security-policy" in answer.headers
        bad = nobody.ask(method, url, headers={"authorization": "Bearer guess"})
        assert bad.status in (200, 303, 401, 403)


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
def test_nothing_changes_without_a_form_of_ones_own_session(lab: Lab, path: str):
    anna, url, before = PEOPLE.get(lab, "anna"), filled(lab, path), files_of(lab, "motor")
    for secret in ("", "guess", PEOPLE.get(lab, "ben").csrf):
        assert anna.post(url, {"csrf": secret}, csrf=False).status == 403
        header = {"x-csrf-token": secret, "content-type": "text/plain"}
        assert anna.ask("POST", url, [b"x"], header).status == 403
    words = [f"csrf={anna.csrf}".encode()]
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert anna.ask("POST", url, words, {"content-type": FORM, **headers}).status == 403
    assert files_of(lab, "motor") == before


def test_the_group_itself_sees_it_all(lab: Lab):
    ben = PEOPLE.get(lab, "ben")
    for path in ("/data", "/jobs", f"/jobs/train-{SECRET}"):
        assert SECRET in ben.get(path).text, path
    assert ben.get(f"/jobs/train-{SECRET}/files/posterior.nc").body == SECRET.encode()
    clara = PEOPLE.get(lab, "clara")
    assert all(SECRET not in clara.get(path).text for path in OWN)


def test_ids_of_others_are_not_there_wherever_they_stand(lab: Lab):
    clara, data = PEOPLE.get(lab, "clara"), lab.studio("motor").shelf.items()[0].id
    own = lab.studio("vision").shelf.reserve("own.h5", "1")
    write(TINY, own)
    job = f"train-{SECRET}"
    assert clara.get(f"/sessions?data-{data}=on").status == 404
    assert clara.get(f"/curves?run={job}").status == 404
    assert clara.get(f"/curves/state?run={job}").status == 404
    assert clara.post("/runs/compare", {f"run-{job}": "on", "run-x": "on"}).status == 404
    assert clara.get(f"/data/{own.parent.name}/run?also={data}").status == 404
    assert (
        clara.post(f"/data/{own.parent.name}/baseline", {"name": "psth", "also": data}).status
        == 404
    )
    key = lab.desk.sessions.begin("clara", "program")
    for inputs in ([data], [f"job:{job}"], [f"job:{job[:9]}"]):
        asked = json.dumps({"command": "infer", "inputs": inputs}).encode()
        answer = clara.ask("POST", "/api/jobs", [asked], {"authorization": f"Bearer {key}"})
        assert answer.status == 404, answer.text


def test_words_of_a_job_name_no_files_and_no_machines(lab: Lab, tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)  # where the studio itself happens to be
    studio = lab.studio("vision")
    theirs = lab.studio("motor").shelf.items()[0].path
    job = lab.studio("motor").jobs.folder(lab.studio("motor").jobs.get(f"train-{SECRET}"))
    for path in (theirs, job / "run", studio.jobs.place / ".." / "motor", "s3://bucket/run", "run"):
        with pytest.raises(NotThere):
            studio.jobs.submit("infer", [path])
    for option in (
        f"--targets={theirs}",
        "--source=../x",
        "--track",
        "--engine",
        "--data=..\\x",
    ):
        with pytest.raises(UserError, match="words of a job name no files, and no machines"):
            studio.jobs.submit("evaluate", [f"job:{SECRET}"], options=[option])
    for settings in ({"out": "x"}, {"search": {"num_workers": 2}}):
        with pytest.raises(UserError, match="name no files"):
            studio.jobs.submit("adapt", [f"job:{SECRET}"], settings=settings)
    with pytest.raises(UserError, match="name no files"):
        studio.jobs.submit("train", [], settings={"model": {"observation": "/etc/passwd"}})


def test_folders_of_groups_are_closed(lab: Lab):
    if os.name == "nt":
        pytest.skip("Windows has other rights")
    for place in (lab.place / "people", lab.place / "groups", lab.place / "groups" / "motor"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    for file in ("people.sqlite", "audit.jsonl"):
        assert stat.S_IMODE((lab.place / "people" / file).stat().st_mode) == 0o600


def test_the_same_is_asked_twice_only_within_a_group(lab: Lab):
    asked = ("reproduce", ["lorenz"])
    first, again = (lab.studio("motor").jobs.submit(*asked) for _ in range(2))
    other = lab.studio("vision").jobs.submit(*asked)
    assert first.id == again.id
    assert other.id != first.id
    assert (first.group, other.group) == ("motor", "vision")
    assert first.needs.max_memory_bytes > 0
    for group, job in (("motor", first), ("vision", other)):
        assert [one.id for one in lab.studio(group).jobs.list(states=("queued",))] == [job.id]
        lab.studio(group).jobs.cancel(job.id)
        lab.studio(group).jobs.remove(job.id)


def test_a_file_that_links_to_another_groups_data_gives_nothing(lab: Lab, tmp_path):
    theirs = lab.studio("motor").shelf.items()[0].path
    path = lab.studio("vision").shelf.reserve("link.h5", "2")
    with h5py.File(theirs) as file:
        name = next(iter(file["sessions"].keys()))  # type: ignore[attr-defined]
    with h5py.File(path, "w") as file:
        file["sessions"] = h5py.ExternalLink(str(theirs), "/sessions")
        file.attrs.update({"format": "lfads", "format_version": 1, "bin_width_s": 0.01})
    some = looks.Looks(tmp_path / "looks")
    until = time.monotonic() + 60
    while (look := some.ask(path, "show")).state == "waits" and time.monotonic() < until:
        time.sleep(0.05)
    assert look.state == "failed"
    assert "link" in look.text
    assert name not in look.text
    path.unlink()


def test_bytes_are_asked_for_before_they_come(lab: Lab):
    lab.desk.people.set_group(Group(name="vision", hours=None, bytes=2 * 10**6))
    clara, studio = PEOPLE.get(lab, "clara"), lab.studio("vision")
    lab.desk.houses.of("vision").allowance.changed()
    answer = clara.send("/data/uploads?name=big.h5&size=2000000")
    assert (answer.status, "there is no room for `big.h5`" in answer.text) == (400, True)
    assert "keeps" in answer.text
    assert "of the 2.0 MB that it may. Delete uploads" in answer.text
    begun = clara.send("/data/uploads?name=a.h5&size=1500000")  # all of it counts from now on
    assert begun.status == 200
    assert clara.send("/data/uploads?name=b.h5&size=1500000").status == 400
    assert clara.ask(
        "POST", "/data/form", [b"x"], {"content-type": "multipart/form-data; boundary=x",
        "content-length": "1900000"},
    ).status == 400  # fmt: skip
    studio.shelf.remove(json.loads(begun.text)["id"])
    lab.desk.people.set_group(Group(name="vision", hours=None, bytes=10))
    with pytest.raises(UserError, match="this cannot be queued: the group vision keeps"):
        studio.jobs.submit("reproduce", ["lorenz"])
    lab.desk.people.set_group(Group(name="vision", hours=None, bytes=None))


def test_hours_are_asked_for_and_jobs_beyond_them_are_stopped(lab: Lab):
    house = lab.desk.houses.of("vision")
    jobs, slots = house.studio.jobs, Slots(cores=2)
    engine = Planned(["lives", "lives"])
    lab.desk.people.set_group(Group(name="vision", hours=2.0, bytes=None))
    runs = jobs.submit("reproduce", ["a"], needs=Needs(cores=1))
    waits = jobs.submit("reproduce", ["b"], needs=Needs(cores=2))
    (share,) = [one for one in lab.desk.houses.shares(engine) if one.name == "vision"]
    step([share], slots)
    assert [jobs.get(one.id).state for one in (runs, waits)] == ["running", "queued"]
    house.allowance.ledger.add("earlier", 1, 1.5 * 3600)
    house.allowance.room(20.0)
    with pytest.raises(
        UserError, match=r"expected to take 1\.0 h, and the group vision has used 1\.5 of"
    ):
        house.allowance.room(60.0)
    house.allowance.ledger.add("earlier", 2, 0.6 * 3600)
    step([share], slots)
    stopped, held = jobs.get(runs.id), jobs.get(waits.id)
    assert stopped.state == "stopping"
    assert stopped.reason.startswith(
        "the group vision has used 2.1 of the 2 h that its jobs may run"
    )
    assert (held.state, held.reason) == ("queued", stopped.reason)
    page = PEOPLE.get(lab, "clara").get(f"/jobs/{waits.id}").text
    assert "It waits: the group vision has used 2.1 of the 2 h" in page
    ended = Ended(attempt=1, status=130, reason="stop", seconds=1.0)
    write_ended(jobs.folder(runs), ended)
    step([share], slots)
    page = PEOPLE.get(lab, "clara").get(f"/jobs/{runs.id}").text
    assert "It was stopped: the group vision has used" in page
    assert "restart</code> goes on from its checkpoint" in page
    with pytest.raises(UserError, match="Whoever runs this studio can give more"):
        jobs.submit("reproduce", ["c"])
    lab.desk.people.set_group(Group(name="vision", hours=50.0, bytes=None))
    step([share], slots)
    assert jobs.get(waits.id).reason == ""
    for one in itertools.chain(jobs.list(states=("queued",))):
        jobs.cancel(one.id)


def test_nobody_is_told_whose_jobs_run(lab: Lab):
    engine = Planned(["lives"])
    motor, vision = (lab.studio(name).jobs for name in ("motor", "vision"))
    running = motor.submit("reproduce", ["x"], needs=Needs(cores=2))
    shares = lab.desk.houses.shares(engine)
    step(shares, Slots(cores=2))
    waiting = vision.submit("reproduce", ["y"], needs=Needs(cores=2))
    step(shares, Slots(cores=2))
    page = PEOPLE.get(lab, "clara").get(f"/jobs/{waiting.id}").text
    assert vision.get(waiting.id).state == "queued"
    assert running.id not in page
    assert "motor" not in page
    vision.cancel(waiting.id)
