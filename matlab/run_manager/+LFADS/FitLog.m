classdef FitLog < handle
%FITLOG  How a training went, a row an epoch: fitlog.csv of LFADS in TensorFlow 1, metrics.jsonl of this program.
%
%   log = LFADS.FitLog('run/lfadsOutput')
%
%   Fields that end in _lve are those at the lowest total_valid among epochs in which both weights were 1.

  properties
    runName = '';
    epoch = [];
    step = [];
    total_train = [];
    total_valid = [];
    recon_train = [];
    recon_valid = [];
    kl_train = [];
    kl_valid = [];
    l2 = [];
    kl_weight = [];
    l2_weight = [];
    epoch_lve = NaN;
    step_lve = NaN;
    total_train_lve = NaN;
    total_valid_lve = NaN;
    recon_train_lve = NaN;
    recon_valid_lve = NaN;
    kl_train_lve = NaN;
    kl_valid_lve = NaN;
    l2_lve = NaN;
    kl_weight_lve = NaN;
    l2_weight_lve = NaN;
  end

  methods
    function log = FitLog(folder, runName)
      if nargin == 0
        return
      end
      folder = LFADS.Internal.absolute(folder);
      log.runName = folder;
      if nargin > 1
        log.runName = runName;
      end
      [~, arrays] = lfads.internal.call('run-manager fit-log', struct('output', folder));
      names = fieldnames(arrays.log);
      for k = 1:numel(names)
        log.(names{k}) = arrays.log.(names{k})(:);
      end
    end

    function disp(log)
      fprintf('  FitLog of %s: %d epochs, lowest total_valid %g in epoch %g\n', log.runName, numel(log.epoch), ...
              log.total_valid_lve, log.epoch_lve);
    end
  end
end
