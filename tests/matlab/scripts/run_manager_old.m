pms = LFADS.PosteriorMeans.fromFolder('old/lfadsOutput', 'old/lfadsInput');
assert(iscell(pms) && numel(pms) == 1);
pm = pms{1};
assert(isequal(size(pm.rates), [3 5 7]) && isequal(size(pm.factors), [4 5 7]) && isequal(size(pm.generator_ics), [6 7]));
assert(isequal(size(pm.costs), [7 1]) && pm.nTrials == 7 && pm.T == 5 && pm.nFactors == 4 && pm.nControllerOutputs == 2);
assert(isequal(pm.trainInds, [2; 3; 5; 7]) && all(isnan(pm.rates(:, :, 4)(:))) && ~any(isnan(pm.rates(:, :, 1)(:))));
[averages, conditions] = pm.getConditionAveragedFieldValues('rates');
assert(isequal(conditions, [1; 2]) && isequal(size(averages), [3 5 2]));
expected = mean(pm.rates(:, :, [2 6]), 3);
assert(max(max(abs(averages(:, :, 2) - expected))) < 1e-12);
named = {'a', 'a', '', 'b', 'b', 'a', 'b'};
[averages, conditions] = pm.getConditionAveragedFieldValues('generator_ics', named);
assert(isequal(conditions, {'a'; 'b'}) && max(abs(averages(:, 2) - mean(pm.generator_ics(:, [5 7]), 2))) < 1e-12);
joined = pm.concatenateOverTrials(pm);
assert(joined.nTrials == 14 && isequal(joined.datasetIndexByTrial, [ones(7, 1); 2 * ones(7, 1)]));
assert(isequal(joined.trainInds, [2; 3; 5; 7; 9; 10; 12; 14]) && numel(joined.conditionIds) == 14);
pm.exportToHDF5('out.h5');
log = LFADS.FitLog('old/lfadsOutput', 'old');
assert(isequal(log.total_valid', [3 7 6 6.5]) && log.total_valid_lve == 6 && log.epoch_lve == 3 && strcmp(log.runName, 'old'));
assert(strcmp(LFADS.FitLog('old/lfadsOutput').runName, fullfile(pwd(), 'old', 'lfadsOutput')));
dc = LFADS.DatasetCollection('data');
LFADS.Dataset(dc, 'day1.mat');
rc = LFADS.RunCollection('runs', 'old', dc);
rc.addParams(LFADS.RunParams());
rc.addRunSpec(LFADS.RunSpec('all', dc, 1));
run = rc.runs(1, 1);
run.folder = 'old';
assert(run.checkPosteriorMeansExist());
again = run.loadPosteriorMeans();
assert(isequal(size(again.rates), [3 5 7]) && again.params.c_factors_dim == 50);
seqs = run.addPosteriorMeansToSeq();
seq = seqs{1};
assert(numel(seq) == 7 && isequal(seq(2).rates, pm.rates(:, :, 2)) && isequal(size(seq(2).y), [3 5]) && seq(2).conditionId == 2);
try
  LFADS.PosteriorMeans.fromFolder('old/lfadsOutput', 'old/lfadsInput', {'day2'});
  error('no:error', 'a dataset that is not there was read');
catch e
  assert(strncmp(e.identifier, 'lfads:', 6), e.message);
end
