"""The studio's page of a bucket: data sets, configurations, start, monitor, download."""

import json
import time
from pathlib import Path

import pytest
from tests.neurocaas.one_file import several_sessions, tiny_file
from tests.neurocaas.written import STEPS, Written, launched
from tests.studio.browser import HOST, Browser

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.neurocaas.buckets import Away
from lfads.neurocaas.folder_bucket import FolderBucket
from lfads.neurocaas.submission import parsed
from lfads.studio.bucket import cloud as clouds
from lfads.studio.bucket.cloud import cloud_at
from lfads.studio.entrance.guard import POLICY

yaml = pytest.importorskip("yaml")


@pytest.fixture
def bucket(tmp_path) -> Written:
    made = Written(tmp_path)
    made.put("lab/inputs/monday.h5", b"m" * 2_000_000)
    made.put("lab/inputs/<b>tuesday.h5", "t")
    for name in "ab":
        made.put(f"lab/inputs/week/{name}.h5", name)
    made.put("lab/configs/c.yaml", yaml.safe_dump(tiny_file()))
    made.put("lab/configs/m.yaml", yaml.safe_dump(several_sessions(tiny_file(), 2)))
    return made


@pytest.fixture
def browser(bucket, tmp_path, monkeypatch) -> Browser:
    monkeypatch.setattr(clouds, "FRESH_S", 0.0)
    offered = tmp_path / "offered"
    offered.mkdir()
    for name in ("wednesday.h5", "thursday.h5"):
        (offered / name).write_text(name)
    return Browser(tmp_path / "jobs", data=offered, cloud=cloud_at(bucket.root, "lab"))


def shown(browser: Browser, words: str, url: str = "/neurocaas") -> str:
    """The page once it says something; the bucket is looked at beside."""
    until = time.monotonic() + 20
    while words not in (text := browser.get(url).text):
        assert time.monotonic() < until, text
        time.sleep(0.02)
    return text


def test_a_job_from_choice_to_results(browser: Browser, bucket: Written):
    text = shown(browser, "monday.h5")
    for part in (
        "1. Data sets",
        "2. Configuration",
        "3. Start",
        "4. Monitor and download",
        "2.0 MB",
    ):
        assert part in text
    assert "2 sessions" in text
    assert "&lt;b&gt;tuesday.h5" in text
    assert "<b>" not in text
    words = {"data-lab/inputs/monday.h5": "on", "config": "lab/configs/c.yaml", "name": "first"}
    page = browser.post("/neurocaas/start", words)
    assert page.status == 200, page.text
    assert "nobody has taken it up yet" in page.text
    (path,) = (bucket.root / "lab/submissions").iterdir()
    asked = parsed(path.read_text(), "lab", "autolfads-torch")
    assert path.name == f"first-{asked.timestamp}_submit.json"
    assert (asked.data, asked.config) == (("lab/inputs/monday.h5",), "lab/configs/c.yaml")
    job = f"job__autolfads-torch_{asked.timestamp}"
    bucket.job(
        asked.timestamp, certificate=launched("IN PROGRESS"), states={"monday.h5": "IN PROGRESS"}
    )
    assert "epoch 3" in shown(browser, "STEP 1/4", f"/neurocaas/jobs/{job}")
    assert "running" in shown(browser, job)
    bucket.job(
        asked.timestamp, certificate=launched("SUCCESS"), states={"monday.h5": "SUCCESS"},
        results={"autolfads.zip": b"PK zip", "c.yaml": b"{}"}, end=True,
    )  # fmt: skip
    text = shown(browser, "2 files of results", f"/neurocaas/jobs/{job}")
    assert "end.txt" not in text
    got = browser.get(f"/neurocaas/jobs/{job}/files/process_results/autolfads.zip")
    assert (got.status, got.body) == (200, b"PK zip")
    assert 'filename="autolfads.zip"' in got.headers["content-disposition"]
    assert "done" in shown(browser, "2 files of results")


@pytest.mark.parametrize(
    ("data", "config", "said"),
    [
        ([], "c.yaml", "choose a data set first"),
        (["monday.h5"], "", "choose a configuration first"),
        (["week/"], "c.yaml", "the configuration must say <code>multisession: True</code>"),
        (["monday.h5"], "m.yaml", "choose one folder of sessions; got 1 data set"),
        (["gone.h5"], "c.yaml", "gone.h5 is not in"),
    ],
)
def test_choices_that_do_not_go_together(browser: Browser, bucket: Written, data, config, said):
    shown(browser, "monday.h5")
    words = {f"data-lab/inputs/{name}": "on" for name in data}
    words |= {"config": f"lab/configs/{config}"} if config else {}
    page = browser.post("/neurocaas/start", {**words, "name": "kept"})
    assert page.status == 400
    assert said in page.text
    assert 'data-looks=""' in page.text  # what was typed stays
    assert 'value="kept"' in page.text
    for name in data if data != ["gone.h5"] else []:
        assert f'name="data-lab/inputs/{name}" aria-label="{name}" checked' in page.text
    assert not list((bucket.root / "lab/submissions").iterdir())


def test_sessions_are_asked_for_as_one_folder(browser: Browser, bucket: Written):
    shown(browser, "week/")
    words = {"data-lab/inputs/week/": "on", "config": "lab/configs/m.yaml"}
    assert browser.post("/neurocaas/start", words).status == 200
    (path,) = (bucket.root / "lab/submissions").iterdir()
    assert json.loads(path.read_text())["dataname"] == "lab/inputs/week/"


def test_data_of_the_studio_are_sent(browser: Browser, bucket: Written):
    items = {item.name: item.id for item in browser.studio.shelf.items()}
    browser.post("/neurocaas/send", {f"item-{items['wednesday.h5']}": "on"})
    shown(browser, "100 % of")
    assert (bucket.root / "lab/inputs/wednesday.h5").read_text() == "wednesday.h5"
    both = {f"item-{name}": "on" for name in items.values()}
    browser.post("/neurocaas/send", {**both, "folder": "pair"})
    shown(browser, "pair/")
    until = time.monotonic() + 20
    while not (bucket.root / "lab/inputs/pair/wednesday.h5").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    bucket.put("lab/inputs/thursday.h5", "of another lab")
    browser.post("/neurocaas/send", {f"item-{items['thursday.h5']}": "on"})
    shown(browser, "these are others")
    assert (bucket.root / "lab/inputs/thursday.h5").read_text() == "of another lab"
    assert browser.post("/neurocaas/send", {}).status == 400
    assert browser.post("/neurocaas/send", {**both, "folder": "../x"}).status == 400


def uploaded(browser: Browser, name: str, content: str):
    """Send a configuration by the form."""
    parts = [
        ("csrf", "", browser.csrf), ("file", f'; filename="{name}"', content),
    ]  # fmt: skip
    body = (
        "".join(
            f'--x\r\nContent-Disposition: form-data; name="{field}"{more}\r\n\r\n{value}\r\n'
            for field, more, value in parts
        )
        + "--x--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=x"}
    return browser.ask("POST", "/neurocaas/configure", [body.encode()], headers)


def test_configurations_are_sent_by_a_form(browser: Browser, bucket: Written):
    text = yaml.safe_dump({**tiny_file(), "seed": 3})
    assert uploaded(browser, "new.yaml", text).status == 303
    assert (bucket.root / "lab/configs/new.yaml").read_text() == text
    answer = uploaded(browser, "c.yaml", text)  # another of the name is there
    assert answer.status == 200
    assert "another c.yaml is in the bucket" in answer.text
    answer = uploaded(browser, "odd.yaml", yaml.safe_dump({**tiny_file(), "new": 1}))
    assert "Servers of lfads will refuse odd.yaml" in answer.text
    assert uploaded(browser, "bad.yaml", "a: [1, {").status == 400
    assert uploaded(browser, "data.h5", "x").status == 400
    assert not (bucket.root / "lab/configs/bad.yaml").exists()


def test_nothing_but_files_of_a_job_is_given_away(browser: Browser, bucket: Written):
    job = f"job__autolfads-torch_{bucket.job(certificate=STEPS, results={'a.zip': b'1'})}"
    shown(browser, job)
    for name in (
        "internal_ec2_logs/stdout", "process_results/end.txt", "process_results/none",
        "../../../configs/c.yaml", "%2e%2e/%2e%2e/%2e%2e/configs/c.yaml",
    ):  # fmt: skip
        assert browser.get(f"/neurocaas/jobs/{job}/files/{name}").status in (400, 404), name
    assert browser.get("/neurocaas/jobs/job__none_1").status == 400
    got = browser.get(f"/neurocaas/jobs/{job}/files/logs/certificate.txt")
    assert got.headers["content-type"] == "application/octet-stream"


def test_the_page_keeps_the_rules_of_the_studio(browser: Browser, bucket: Written):
    words = {"data-lab/inputs/monday.h5": "on", "config": "lab/configs/c.yaml"}
    for url in ("start", "send", "configure"):
        assert browser.post(f"/neurocaas/{url}", words, csrf=False).status == 403
    stranger = Browser(browser.studio.jobs.place, enters=False, cloud=browser.studio.cloud)
    assert stranger.get("/neurocaas", host=HOST).status == 403
    job = f"job__autolfads-torch_{bucket.job(certificate=['<script>x</script>'])}"
    shown(browser, job)
    for url in ("/neurocaas", f"/neurocaas/jobs/{job}"):
        page = browser.get(url)
        assert page.headers["content-security-policy"] == POLICY
        assert "<script>" not in page.text
        assert " style=" not in page.text
        assert 'href="/' not in page.text
        assert "onclick" not in page.text


def test_a_bucket_that_is_away_is_said_to_be(browser: Browser, monkeypatch):
    shown(browser, "monday.h5")

    def away(self, prefix):
        raise Away("it is away")

    monkeypatch.setattr(FolderBucket, "entries", away)
    text = shown(browser, "The bucket does not answer: it is away")
    assert "monday.h5" in text


def test_without_a_bucket_there_is_no_page(tmp_path, capsys):
    browser = Browser(tmp_path / "jobs")
    assert "neurocaas" not in browser.get("/data").text
    assert browser.get("/neurocaas").status == 404
    with pytest.raises(UserError, match="there is no folder"):
        cloud_at(tmp_path / "none", "lab")
    assert run(["studio", "--neurocaas", str(tmp_path)]) == 2
    assert "`--neurocaas` and `--group` go together" in capsys.readouterr().err
    assert not Path(tmp_path / "none").exists()
