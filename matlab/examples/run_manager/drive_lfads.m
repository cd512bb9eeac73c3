% LFADS of a Lorenz system seen in three sessions, with the classes of this program.
addpath('~/code/matlab'); addpath('~/code/matlab/run_manager');  % `lfads matlab path` says where
dataPath = '~/lorenz_example/datasets';
runRoot = '~/lorenz_example/runs';
LFADS.Utils.generateDemoDatasets(dataPath, 'nDatasets', 3);

%% Datasets
dc = LorenzExperiment.DatasetCollection(dataPath);
dc.name = 'lorenz_example';
LorenzExperiment.Dataset(dc, 'dataset001.mat');
LorenzExperiment.Dataset(dc, 'dataset002.mat');
LorenzExperiment.Dataset(dc, 'dataset003.mat');
dc.loadInfo();
disp(dc.getDatasetInfoTable());

%% Runs: each RunSpec with each RunParams
rc = LorenzExperiment.RunCollection(runRoot, 'example', dc);
rc.version = 20171107;

par = LorenzExperiment.RunParams();
par.name = 'first_attempt';
par.spikeBinMs = 2;
par.trainToTestRatio = 4;
par.useAlignmentMatrix = true;
par.c_factors_dim = 8;
par.c_gen_dim = 64;
par.c_ic_enc_dim = 64;
par.c_ci_enc_dim = 64;
par.c_con_dim = 64;
par.c_co_dim = 0;
par.c_batch_size = 150;
par.lfadsSettings = {'training.num_epochs', 200};
sweep = par;
sweep.c_keep_prob = 0.8;
rc.addParams([par, sweep]);

rc.addRunSpec(LorenzExperiment.RunSpec(dc.datasets(1).getSingleRunName(), dc, dc.datasets(1).name));
rc.addRunSpec(LorenzExperiment.RunSpec('all', dc, 1:dc.nDatasets));

%% Align the sessions, and look
run = rc.findRuns('all', 1);
tool = run.doMultisessionAlignment();
tool.plotAlignmentReconstruction(3, 2);

%% Write inputs, and the script that trains
rc.prepareForLFADS();
rc.writeShellScriptRunQueue('maxTasksSimultaneously', 2);
rc.writeTensorboardShellScript();
system(['python3 "' fullfile(rc.path, 'run_lfadsqueue.py') '"']);  % or in a shell

%% Results
run = rc.findRuns('all', 1);
pms = run.loadPosteriorMeans();
pm = pms{1};
[averages, conditions] = pm.getConditionAveragedFieldValues('rates', pm.conditionIds);
seqs = run.addPosteriorMeansToSeq();
seq = seqs{1};
log = run.loadFitLog();
trained = run.loadModelTrainedParams();
pm.exportToHDF5(fullfile(run.path, 'posterior_means.h5'));
disp(log.total_valid_lve);
