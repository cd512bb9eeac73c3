assert(isequal(conditions, [1; 2; 3]) && isequal(size(averages), [pm.nNeurons 10 3]));
assert(numel(pms) == 3 && pm.nTrials == 15 && pm.T == 10 && ~any(isnan(pm.rates(:))) && all(pm.rates(:) > 0));
assert(isequal(pm.validInds', 1:5:15) && isequal(size(pm.rawCounts), [pm.nNeurons 10 15]));
data = dc.datasets(1).loadData();
binned = double(data.spikes(:, :, 1:2:19)) + double(data.spikes(:, :, 2:2:20));
assert(isequal(permute(binned, [2 3 1]), double(pm.rawCounts)));
assert(isequal(seq(4).factors, pm.factors(:, :, 4)) && isequal(size(seq(4).y_true), [pm.nNeurons 10]));
assert(numel(log.epoch) == 3 && isfinite(log.total_valid_lve));
assert(numel(trained.factors_to_logrates_W) == 3 && isequal(size(trained.factors_to_logrates_W{1}), [2 pm.nNeurons]));
assert(isequal(size(trained.x_to_infac_W{2}), size(tool.alignmentMatrices{2})));
assert(~isempty(strfind(fileread(run.fileSettings), 'read_in_start = "files"')));
assert(isfile(fullfile(run.path, 'posterior_means.h5')) && isfile(fullfile(run.path, 'lfads.done')));
before = run.path;
run.deleteLFADSOutput();
assert(~run.checkPosteriorMeansExist() && isfolder(before));
run.runLFADSTrainingCommand();
run.runLFADSTrainingCommand();  % nothing is left to do
log = run.loadFitLog();
assert(numel(log.epoch) == 3);
run.deleteLFADSOutput();
run.runLFADSSearchCommand('population', 2);
run.runLFADSPosteriorMeanCommand();
pms = run.loadPosteriorMeans();
assert(run.checkPosteriorMeansExist() && pms{3}.nTrials == 15);
par.c_learning_rate_stop = 1e-3;
rc.clearParams();
rc.addParams(par);
try
  rc.prepareForLFADS();
  error('no:error', 'a setting without a counterpart was taken');
catch e
  assert(~isempty(strfind(e.message, '`c_learning_rate_stop` = 0.001 has no counterpart here')), e.message);
end
