"""`lfads stream`, `lfads replay` and `lfads export --format c|onnx`, as a user runs them."""

import dataclasses
import json
import subprocess

import numpy as np
import pytest
from tests.closed_loop.commands import BINS, assert_as_streamed, expected_rates, lfads, lines_of
from tests.closed_loop.conftest import SEGMENT, Made

from lfads.closed_loop.engines import compiler


@pytest.fixture(scope="module")
def with_decoder(made) -> Made:
    given = ("evaluate", made.run.folder, "--decode", "hand_vel", "--no-baselines", "--skip-inputs")
    assert lfads(*given, "--num-samples", 2) == 0
    return made


def test_a_file_is_inferred_and_decoded(with_decoder, tmp_path, capsys):
    made, out = with_decoder, tmp_path / "found.jsonl"
    given = ("stream", made.run.folder, "--from", made.data, "--to", out, "--engine", "jax")
    assert lfads(*given, "--decoder", "hand_vel", "--out", tmp_path / "said.json", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "said.json").read_text()) == said
    assert said["bins"] == 12 * BINS
    assert said["sent"] == 12 * (BINS - SEGMENT)
    assert said["trials_began"] == {"at the beginning": 1, "of the source": 11}
    assert said["latency_ms"]["p50"] > 0
    assert said["delay_on_wire_ms"] == {}
    about, bins = lines_of(out)
    assert about["rates"] == [f"unit{k}" for k in range(6)]
    assert about["decoded"] == ["hand_vel 0", "hand_vel 1"]
    assert_as_streamed(made, bins)
    assert all(len(one["decoded"]) == 2 and not one["filled"] for one in bins)


def test_decoders_are_kept_of_the_present_weights(with_decoder, tmp_path, capsys):
    made = with_decoder
    path = made.run.folder / "decoders.json"
    kept = json.loads(path.read_text())
    assert len(kept["sessions"]["data"]["hand_vel"]["r2"]) == 2
    given = ("stream", made.run.folder, "--from", made.data, "--to", tmp_path / "x.jsonl")
    assert lfads(*given, "--decoder", "hand_pos") == 2
    said = capsys.readouterr().err
    assert "keeps no decoder of `hand_pos`" in said
    assert "Did you mean `hand_vel`?" in said
    assert "`lfads evaluate RUN --decode NAME` fits one" in said
    for changed, message in (
        ({**kept, "best_epoch": 99}, "keeps no decoder of `hand_vel` for its present weights"),
        (json.loads(json.dumps(kept).replace('"step": ', '"step": -')), "its sizes are not those"),
    ):
        path.write_text(json.dumps(changed))
        assert lfads(*given, "--decoder", "hand_vel") == 2
        assert message in capsys.readouterr().err
    path.write_text(json.dumps(kept))
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")
def test_c_is_exported_with_its_decoder(with_decoder, tmp_path, capsys):
    made, out = with_decoder, tmp_path / "step.c"
    given = ("export", made.run.folder, "--format", "c", "--out", out)
    assert lfads(*given, "--decoder", "hand_vel") == 0
    assert capsys.readouterr().out.splitlines() == [f"wrote {tmp_path / 'step.h'}", f"wrote {out}"]
    program = PROGRAM.replace("TRIAL", ", ".join(map(str, made.dataset.session.spikes[3].ravel())))
    (tmp_path / "main.c").write_text(program)
    words = [str(compiler()), *STRICT, "step.c", "main.c", "-o", "main", "-lm"]
    subprocess.run(words, cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout
    found = np.array([line.split() for line in said.splitlines()], float)
    np.testing.assert_allclose(found[:, :6], expected_rates(made, 3), rtol=1e-5, atol=1e-5)
    assert lfads(*given) == 2
    assert "exists already: choose another name, or `--overwrite`" in capsys.readouterr().err


STRICT = ("-O3", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
PROGRAM = """
#include <stdio.h>
#include "step.h"
static const float trial[] = {TRIAL};
int main(void)
{
    static lfads_state state;
    static lfads_bin bin;
    int at, i;
    lfads_begin(&state, NULL);
    for (at = 0; at < (int)(sizeof trial / sizeof *trial) / LFADS_NUM_NEURONS; at++) {
        if (!lfads_step(&state, trial + at * LFADS_NUM_NEURONS, NULL, NULL, &bin))
            continue;
        for (i = 0; i < LFADS_NUM_NEURONS; i++)
            printf("%.9g ", bin.rates[i]);
        for (i = 0; i < LFADS_NUM_DECODED; i++)
            printf("%.9g ", bin.decoded[i]);
        printf("\\n");
    }
    return 0;
}
"""


def test_onnx_is_exported(made, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime", reason="without lfads[onnx]")
    pytest.importorskip("onnx", reason="without lfads[onnx]")
    assert (
        lfads("export", made.run.folder, "--format", "onnx", "--out", tmp_path / "step.onnx") == 0
    )
    session = onnxruntime.InferenceSession(str(tmp_path / "step.onnx"))
    state = np.zeros(session.get_inputs()[1].shape, np.float32)
    found = []
    for counts in made.dataset.session.spikes[3]:
        given = {"values": counts.astype(np.float32), "state": state}
        rates, _, state = session.run(None, given)
        found.append(rates)
    assert np.isnan(found[:SEGMENT]).all()
    np.testing.assert_allclose(found[SEGMENT:], expected_rates(made, 3), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("export", "--format", "c", "--out", "step.txt"), "ends in `.c`"),
        (("export", "--format", "c", "--bin-width-s", "0.01"), "--bin-width-s is for results"),
        (("export", "--format", "mat", "--decoder", "hand_vel"), "are for the formats c and onnx"),
        (("export", "--format", "c", "--session", "friday"), "name one of them with `--session`"),
        (
            ("stream", "--from", "ftp://x/y", "--to", "x.jsonl"),
            "`--from` must be `lsl:NAME`, `redis",
        ),
        (("stream", "--from", "lsl:", "--to", "x.jsonl"), "needs the name of a stream"),
        (("stream", "--from", "redis://h", "--to", "x.jsonl"), "must be `redis://HOST:PORT/KEY`"),
        (("stream", "--from", "lsl:a", "--to", "lsl:a"), "are both the LSL stream `a`"),
        (("stream", "--from", "none.h5", "--to", "x.jsonl"), "there is no such file"),
        (("stream", "--from", "DATA", "--to", "x.csv"), "ends in `.jsonl`; got x.csv"),
        (("stream", "--from", "DATA", "--to", "x.jsonl", "--wait-s", "-1"), "`--wait-s` must be"),
        (
            ("stream", "--from", "DATA", "--to", "x.jsonl", "--engine", "c", "--num-samples", "3"),
            "`--engine jax` averages 3 samples",
        ),
    ],
)
def test_mistakes_are_one_message(made, given, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command, *others = [str(made.data) if word == "DATA" else word for word in given]
    assert lfads(command, made.run.folder, *others) == 2
    assert said in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_a_run_that_is_not_causal_is_refused(made, monkeypatch, capsys, tmp_path):
    config = dataclasses.replace(made.run.config.model, initial_condition_length=0)
    model = dataclasses.replace(made.run.model, config=config)
    trained = dataclasses.replace(made.run.trained, model=model)
    monkeypatch.setattr("lfads.runs.trained_run.Run.trained", trained)
    for given in (
        ("export", made.run.folder, "--format", "c", "--out", tmp_path / "x.c"),
        ("stream", made.run.folder, "--from", made.data, "--to", tmp_path / "x.jsonl"),
    ):
        assert lfads(*given) == 2
        said = capsys.readouterr().err
        assert f"{made.run.folder} is not causal" in said
        assert (
            "train one with `[model] causal = true` and `initial_condition_length` above 0" in said
        )
