"""Classes for users of the run manager, in GNU Octave: verbs, results of old runs, a whole drive script."""

import difflib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.matlab.test_run_manager_results import old_run

from lfads.matlab.toolbox import toolbox_folder

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "matlab" / "examples" / "run_manager"
MOST_CHANGED = 10

VERBS = {
    "Dataset": "loadData loadInfo getSingleRunName name comment relPath collection subject saveTags "
    "datenum nChannels nTrials infoLoaded",
    "DatasetCollection": "addDataset clearDatasets findDataset matchDatasetsByName filterDatasets "
    "filterHavingMinimumTrials filterHavingMinimumTrialsForBatchSize loadInfo reloadInfo name datasets "
    "getDatasetInfoTable computeMaxBatchSizeForTrainToRatio",
    "RunParams": "spikeBinMs trainToTestRatio useAlignmentMatrix useSingleDatasetAlignmentMatrix name "
    "alignmentApproach alignmentExtraArgs scaleIncreaseStepsWithDatasets scaleStartStepWithDatasets "
    "posterior_mean_kind num_samples_posterior version",
    "RunSpec": "name nDatasets datasets",
    "RunCollection": "addParams addRunSpec clearParams clearRunSpecs filterParams filterRunSpecs "
    "findRuns findParams findRunSpecs version prepareForLFADS writeShellScriptRunQueue runs "
    "writeShellScriptRunQueuePosteriorMeanOnly writeTensorboardShellScript writeSummaryText "
    "loadSequenceData loadPosteriorMeans checkPosteriorMeansExist deleteLFADSOutput exportResultsToH5",
    "Run": "generateCountsForDataset usesDifferentDataForAlignment doMultisessionAlignment "
    "prepareForLFADS writeShellScriptLFADSTrain writeShellScriptLFADSPosteriorMeanSample "
    "writeShellScriptWriteModelParams runLFADSTrainingCommand loadPosteriorMeans "
    "loadModelTrainedParams loadFitLog addPosteriorMeansToSeq loadSequenceData",
    "PosteriorMeans": "kind time controller_outputs factors post_g0_mean post_g0_logvar generator_ics "
    "generator_states rates costs nll_bound_vaes nll_bound_iwaes validInds trainInds params "
    "conditionIds rawCounts externalInputs datasetIndexByTrial binWidthMs isValid nTrials T "
    "concatenateOverTrials getConditionAveragedFieldValues exportToHDF5",
    "FitLog": "step total_train total_valid recon_train recon_valid kl_train kl_valid l2 kl_weight "
    "l2_weight total_valid_lve",
    "ModelTrainedParams": "x_to_infac_W x_to_infac_b factors_to_logrates_W factors_to_logrates_b",
    "MultisessionAlignmentTool": "plotAlignmentReconstruction",
}

in_octave = pytest.mark.matlab


def octave(script: str, folder: Path, timeout_s: float = 300) -> str:
    """What a script prints; the test fails with what it says where it ends badly."""
    program = shutil.which("octave-cli")
    if program is None:
        pytest.skip("GNU Octave is not installed: no octave-cli")
    toolbox = toolbox_folder()
    paths = "".join(f"addpath('{p}');\n" for p in (toolbox, toolbox / "run_manager", EXAMPLE))
    told = "disp('all is well');\ncatch e\n disp(e.identifier); disp(e.message);\nend\n"
    text = f"try\n{paths}{script}\n{told}"
    (folder / "script.m").write_text(text)
    environment = {
        **os.environ, "LFADS_PYTHON": sys.executable, "TMPDIR": str(folder),
        "LFADS_MATLAB_PREFERENCES": str(folder / "preferences.json"),
    }  # fmt: skip
    done = subprocess.run(
        [program, "--no-gui", "--no-init-file", "script.m"], cwd=folder, env=environment, text=True,
        capture_output=True, timeout=timeout_s, check=False,
    )  # fmt: skip
    assert "all is well" in done.stdout, done.stdout + done.stderr
    return done.stdout + done.stderr


def script_named(name: str) -> str:
    """Of this folder's scripts."""
    return (Path(__file__).parent / "scripts" / name).read_text()


def test_a_drive_script_changes_in_ten_lines_at_most():
    before, after = (
        (EXAMPLE / name).read_text().splitlines()
        for name in ("drive_run_manager.m", "drive_lfads.m")
    )
    changes = [
        max(j - i, n - m)
        for kind, i, j, m, n in difflib.SequenceMatcher(None, before, after, False).get_opcodes()
        if kind != "equal"
    ]
    assert 0 < sum(changes) <= MOST_CHANGED
    assert len(before) > 50
    shown = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
    block = "\n".join("..." if line.startswith("@@") else line for line in shown)
    assert block in (ROOT / "docs" / "run-manager.md").read_text(encoding="utf-8")


def test_every_folder_of_the_toolbox_goes_into_the_wheel():
    folders = {
        file.relative_to(ROOT / "matlab").parts[0] for file in (ROOT / "matlab").glob("*/**/*.m")
    }
    said = (ROOT / "packaging" / "in_wheel.py").read_text()
    assert "run_manager" in folders
    assert all(f'"{folder}"' in said for folder in folders)


def test_classes_have_names_and_verbs_of_the_run_manager():
    for name, words in VERBS.items():
        text = (toolbox_folder() / "run_manager" / "+LFADS" / f"{name}.m").read_text()
        for word in words.split():
            found = rf"^\s*(function .*\b{word}\b|{word}\s*(=|$|%))"
            assert re.search(found, text, re.MULTILINE), f"{name} has no {word}"


@in_octave
def test_verbs(tmp_path):
    octave(script_named("run_manager_verbs.m"), tmp_path)
    text = (tmp_path / "runs" / "first" / "run_lfadsqueue.py").read_text()
    assert 'HIDDEN = ""' in text  # Octave's libraries are the system's
    text = text.replace('HIDDEN = ""', 'HIDDEN = "/opt/matlab"').replace(
        "os.execv(", "print(os.environ['LD_LIBRARY_PATH'], *(lambda *given: given)("
    )
    done = subprocess.run(
        [sys.executable, "-c", text.replace("__file__", "'x.py'") + ")"],
        env={**os.environ, "LD_LIBRARY_PATH": "/opt/matlab/bin:/own:/opt/matlab/sys"},
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(f"/own {sys.executable} ")


@in_octave
def test_results_of_old_runs_open(tmp_path):
    whole = old_run(tmp_path / "old", ("day1", "day2"))
    octave(script_named("run_manager_old.m"), tmp_path)
    with h5py.File(tmp_path / "out.h5") as file:
        factors = np.asarray(file["factors"])
    expected = whole["factors"].copy()
    expected[3] = np.nan
    np.testing.assert_allclose(factors, expected)


def small(script: str, folder: Path) -> str:
    """The example at the size of a test: other folders, sizes and one run in the queue."""
    changes = {
        r"addpath\('~/code.*": "",
        "'~/lorenz_example/": f"'{folder}/",
        r"'nDatasets', 3\)": "'nDatasets', 3, 'nConditions', 3, 'nTrialsPerCondition', 5, "
        "'nChannels', [4 5], 'nTimeMs', 21)",
        "_dim = 64": "_dim = 3",
        "c_factors_dim = 8": "c_ic_dim = 2; par.num_samples_posterior = 2; par.c_factors_dim = 2",
        "c_batch_size = 150": "c_batch_size = 8",
        "num_epochs', 200": "num_epochs', 3, 'training.ramp_epochs', 1, 'training.num_shards', 1, "
        "'search.num_generations', 1, 'search.epochs_per_generation', 1",
        "'maxTasksSimultaneously', 2": "'maxTasksSimultaneously', 2, 'runIdx', 2",
        "tool.plot.*": "",
    }
    for before, after in changes.items():
        script, number = re.subn(before, after, script)
        assert number, before
    return script


@in_octave
def test_the_whole_road_of_a_drive_script(tmp_path):
    script = small((EXAMPLE / "drive_lfads.m").read_text(), tmp_path)
    said = octave(script + script_named("run_manager_road.m"), tmp_path, timeout_s=600)
    assert "1 finished, 0 failed" in said
