dc = LorenzExperiment.DatasetCollection('sessions');
for k = 1:3, LorenzExperiment.Dataset(dc, sprintf('s%d.mat', k)); end
assert(dc.nDatasets == 3 && strcmp(dc.datasets(2).name, 's2') && iscell(dc.datasets));
again = LorenzExperiment.Dataset(dc, 'sub/s2.mat');
assert(dc.nDatasets == 3 && strcmp(dc.datasets(2).relPath, 'sub/s2.mat'));  % takes the other's place
assert(strcmp(again.getSingleRunName(), 'single_s2'));
assert(isequal(dc.matchDatasetsByName({'s3', 's1'}), [3 1]));
for k = 1:3, ds = dc.datasets(k); ds.nTrials = 10 * k; ds.infoLoaded = true; end
assert(dc.computeMaxBatchSizeForTrainToRatio(4) == 2);
info = dc.getDatasetInfoTable();
assert(isequal([info.nTrials], [10 20 30]));
par = LorenzExperiment.RunParams();
assert(par.c_factors_dim == 50 && par.c_co_dim == 4 && par.spikeBinMs == 2 && par.c_do_train_readin);
hash = par.paramHash();
assert(numel(hash) == 6 && isempty(regexp(hash, '[^A-Za-z0-9_-]')));
other = par; other.c_keep_prob = 0.5;
assert(par.c_keep_prob == 0.95 && ~strcmp(other.paramHash(), hash) && strcmp(other.dataHash(), par.dataHash()));
other.c_factors_dim = 7;
assert(~strcmp(other.dataHash(), par.dataHash()));
other.c_factors_dim = 50; other.c_keep_prob = 0.95; other.name = 'x';
assert(strcmp(other.paramHash(), hash));
own = par; own.firstMs = 5;
assert(~strcmp(own.dataHash(), par.dataHash()) && ~strcmp(own.paramHash(), hash));
sweep = par; sweep.c_gen_dim = 33; sweep.name = 'large';
rc = LorenzExperiment.RunCollection('runs', 'first', dc);
rc.addParams([par, sweep]);
rc.addRunSpec(LorenzExperiment.RunSpec('all', dc, 1:3));
rc.addRunSpec({LorenzExperiment.RunSpec('pair', dc, {'s1', 's3'}), LorenzExperiment.RunSpec('one', dc, 's2')});
assert(isequal(size(rc.runs), [3 2]) && isa(rc.runs(1, 2), 'LorenzExperiment.Run'));
run = rc.findRuns('pair', sweep.paramHash());
assert(run.params.c_gen_dim == 33 && run.nDatasets == 2 && strcmp(run.datasets(2).name, 's3'));
assert(isequal(run.path, fullfile(pwd(), 'runs', 'first', ['param_' sweep.paramHash()], 'pair')));
assert(isequal(rc.findRuns(2, 'large').path, run.path) && numel(rc.findRuns('all')) == 2);
kept = rc.runs(1, 1); kept.folder = 'elsewhere';
rc.filterParams(logical([1 0]));
assert(isequal(size(rc.runs), [3 1]) && strcmp(rc.runs(1, 1).folder, 'elsewhere'));
rc.filterRunSpecs(logical([0 1 1]));
assert(strcmp(rc.runs(1, 1).name, 'pair'));
dc.filterHavingMinimumTrialsForBatchSize(4, 4);
assert(isequal(dc.names(), {'s2', 's3'}));
text = fileread(rc.writeSummaryText());
assert(~isempty(strfind(text, 'run pair: s1, s3')));

function said(wanted, what)
  try
    what();
    error('no:error', 'expected an error that says %s', wanted);
  catch e
    assert(~isempty(strfind(e.message, wanted)), e.message);
  end
end
rc.writeShellScriptRunQueue();
said('there is no dataset ''x''', @() dc.findDataset('x'));
said('expected datasets from 1 to 2', @() LorenzExperiment.RunSpec('all', dc, 1:3));
said('there is no run ''none''', @() rc.findRuns('none', 1));
said('has no option ''gpus''', @() rc.writeShellScriptRunQueue('gpus', 2));
said('there is no file', @() LFADS.Dataset(dc, 'none.mat').loadData());
said('call prepareForLFADS first', @() rc.runs(2, 1).runLFADSTrainingCommand());
base = LFADS.Run(rc, rc.runSpecs(2), par);
said('has no generateCountsForDataset', @() base.prepareForLFADS());
try
  par.c_factor_dim = 3;
  error('x:y', 'a misspelt setting was taken');
catch e
  assert(isempty(strfind(e.message, 'taken')));
end
