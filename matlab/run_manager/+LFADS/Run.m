classdef Run < handle
%RUN  The datasets of one RunSpec, trained with the settings of one RunParams.
%
%   Make a class of your own from it, with generateCountsForDataset. Runs are made by their RunCollection:
%   rc.runs(1, 1), rc.findRuns('all', 1).
%
%   Files: inputs in ROOT/COLLECTION/data_HASH/NAME, all else in ROOT/COLLECTION/param_HASH/NAME. Set folder to
%   a folder that holds lfadsInput and lfadsOutput to open the results of an older run.

  properties
    runCollection = [];
    runSpec = [];
    params = [];
    folder = '';
    posteriorMeans = [];
  end

  properties (Dependent)
    name
    nDatasets
    path
    pathData
    pathLFADSInput
    pathLFADSOutput
    fileSettings
  end

  methods
    function r = Run(runCollection, runSpec, params)
      if nargin == 3
        r.runCollection = runCollection;
        r.runSpec = runSpec;
        r.params = params;
      end
    end

    function name = get.name(r)
      name = r.runSpec.name;
    end

    function n = get.nDatasets(r)
      n = r.runSpec.nDatasets;
    end

    function path = get.path(r)
      path = LFADS.Internal.absolute(r.folder);
      if isempty(r.folder)
        path = fullfile(r.runCollection.path, ['param_' r.params.paramHash()], r.name);
      end
    end

    function path = get.pathData(r)
      path = fullfile(r.runCollection.path, ['data_' r.params.dataHash()], r.name);
    end

    function path = get.pathLFADSInput(r)
      path = fullfile(r.path, 'lfadsInput');
      if ~isfolder(path)
        path = r.pathData;
      end
    end

    function path = get.pathLFADSOutput(r)
      path = fullfile(r.path, 'lfadsOutput');
    end

    function file = get.fileSettings(r)
      file = fullfile(r.path, 'lfads.toml');
    end

    function out = datasets(r, varargin)
      %DATASETS  r.datasets is a cell of all, r.datasets(k) the k-th.
      out = LFADS.Internal.pick(r.runSpec.datasets(), varargin);
    end

    function out = generateCountsForDataset(r, dataset, mode)
      %GENERATECOUNTSFORDATASET  A struct of a dataset's trials; write your own.
      %
      %   counts        trials x channels x time, no NaN
      %   timeVecMs     time of each sample
      %   conditionId   of each trial, numbers or a cell of text; NaN or '' leaves it out of the alignment
      %   truth, externalInputs   if you have them
      %
      %   MODE is 'export', or 'alignment' where usesDifferentDataForAlignment is true.
      error('lfads:argument', 'class %s has no generateCountsForDataset: write it, it returns counts and timeVecMs', ...
            class(r));
    end

    function tf = usesDifferentDataForAlignment(r)
      tf = false;
    end

    %% inputs

    function prepareForLFADS(r, regenerate)
      %PREPAREFORLFADS  Write inputs and settings; those that are there stay, unless REGENERATE is true.
      regenerate = nargin > 1 && regenerate;
      LFADS.Internal.make_folder(r.pathData);
      LFADS.Internal.make_folder(r.path);
      settings = struct('file', r.fileSettings, 'folder', r.pathData, 'datasets', {r.runSpec.datasetNames}, ...
                        'parameters', r.params.parameters(r.nDatasets), 'added', {r.params.lfadsSettings});
      if regenerate || ~r.isPrepared()
        align = (r.nDatasets > 1 && r.params.useAlignmentMatrix) || ...
                (r.nDatasets == 1 && r.params.useSingleDatasetAlignmentMatrix);
        given = r.alignmentOptions();
        for name = fieldnames(settings)'
          given.(name{1}) = settings.(name{1});
        end
        given.ratio = r.params.trainToTestRatio;
        given.data_hash = r.params.dataHash();
        given.align = align;
        arrays = r.countsOf('export', 's', struct());
        if align && r.usesDifferentDataForAlignment()
          arrays = r.countsOf('alignment', 'a', arrays);
        end
        written = lfads.internal.call('run-manager prepare', given, arrays);
        r.warnOfFewTrials(written.num_trials);
      elseif ~isfile(r.fileSettings)
        lfads.internal.call('run-manager settings', settings);
      end
    end

    function tf = isPrepared(r)
      tf = all(cellfun(@(name) isfile(r.inputFile(name)) && isfile(r.infoFile(name)), r.runSpec.datasetNames));
    end

    function tool = doMultisessionAlignment(r, regenerate)
      %DOMULTISESSIONALIGNMENT  Bring datasets into one space by their conditions: a MultisessionAlignmentTool.
      mode = 'export';
      if r.usesDifferentDataForAlignment()
        mode = 'alignment';
      end
      [~, arrays] = lfads.internal.call('run-manager align', r.alignmentOptions(), r.countsOf(mode, 's', struct()));
      tool = LFADS.MultisessionAlignmentTool(r, arrays.tool);
    end

    function seqs = loadSequenceData(r)
      %LOADSEQUENCEDATA  A cell, for each dataset a struct array of trials: y (channels x time), y_time, conditionId.
      seqs = cell(1, r.nDatasets);
      for k = 1:r.nDatasets
        info = load(fullfile(r.pathLFADSInput, ['inputInfo_' r.runSpec.datasetNames{k} '.mat']));
        seqs{k} = LFADS.Internal.sequence_of(info);
      end
    end

    function seqs = addPosteriorMeansToSeq(r)
      %ADDPOSTERIORMEANSTOSEQ  The same with rates, factors and what else was inferred of each trial.
      seqs = r.loadSequenceData();
      pms = r.loadPosteriorMeans();
      if ~iscell(pms)
        pms = {pms};
      end
      for k = 1:numel(seqs)
        seqs{k} = pms{k}.addToSequence(seqs{k});
      end
    end

    %% training

    function file = writeShellScriptLFADSTrain(r, varargin)
      %WRITESHELLSCRIPTLFADSTRAIN  lfads_train.sh, which trains, and goes on where it was broken off.
      lines = {'resume=()', 'if [ -e lfadsOutput/checkpoints/last.npz ]; then resume=(--resume); fi', ...
               [r.commandOf([{'train'} r.inputsFrom() {'--out', 'lfadsOutput', '--config', 'lfads.toml'}]) ...
                ' ${resume[@]+"${resume[@]}"} 2>&1 | tee -a lfads.out']};
      file = r.writeScript('lfads_train.sh', lines, varargin);
    end

    function file = writeShellScriptLFADSPosteriorMeanSample(r, varargin)
      %WRITESHELLSCRIPTLFADSPOSTERIORMEANSAMPLE  lfads_posterior_mean_sample.sh, which infers posterior means.
      words = [{'infer'} r.wordsOfInference('lfadsOutput', 'lfadsOutput/posterior.nc')];
      line = [r.commandOf(words) ' 2>&1 | tee -a lfads.out'];
      file = r.writeScript('lfads_posterior_mean_sample.sh', {line}, varargin);
    end

    function file = writeShellScriptWriteModelParams(r, varargin)
      %WRITESHELLSCRIPTWRITEMODELPARAMS  lfads_write_model_params.sh, which says that nothing is left to do.
      line = 'echo "weights are in lfadsOutput/checkpoints/best.npz; run.loadModelTrainedParams reads them"';
      file = r.writeScript('lfads_write_model_params.sh', {line}, varargin);
    end

    function runLFADSTrainingCommand(r)
      %RUNLFADSTRAININGCOMMAND  Train here and now, progress in the window; goes on where it was broken off.
      words = [r.inputFiles() {'--out', r.pathLFADSOutput, '--config', r.fileSettings}];
      if isfile(fullfile(r.pathLFADSOutput, 'checkpoints', 'last.npz'))
        words{end + 1} = '--resume';
      end
      lfads.internal.call('train', words);
    end

    function runLFADSSearchCommand(r, varargin)
      %RUNLFADSSEARCHCOMMAND  Search hyperparameters with a population; the best member is the run's result.
      %
      %   r.runLFADSSearchCommand('population', 20)
      given = LFADS.Internal.options(struct('population', 20, 'max_hours', []), varargin, 'runLFADSSearchCommand');
      search = fullfile(r.path, 'lfadsSearch');
      words = [r.inputFiles() {'--out', search, '--config', r.fileSettings, ...
                               '--population', sprintf('%d', given.population)}];
      if ~isempty(given.max_hours)
        words = [words {'--max-hours', sprintf('%.6g', given.max_hours)}];
      end
      if isfolder(search)
        words{end + 1} = '--resume';
      end
      lfads.internal.call('search', words);
      if isfolder(r.pathLFADSOutput)
        error('lfads:file', '%s has results already; those of the search are in %s', r.pathLFADSOutput, ...
              fullfile(search, 'best'));
      end
      [copied, reason] = copyfile(fullfile(search, 'best'), r.pathLFADSOutput);
      if ~copied
        error('lfads:file', 'cannot copy the best member to %s: %s', r.pathLFADSOutput, reason);
      end
    end

    function runLFADSPosteriorMeanCommand(r)
      %RUNLFADSPOSTERIORMEANCOMMAND  Infer posterior means here and now, num_samples_posterior samples.
      lfads.internal.call('infer', r.wordsOfInference(r.pathLFADSOutput, fullfile(r.pathLFADSOutput, 'posterior.nc')));
      r.posteriorMeans = [];
    end

    function runLFADSWriteModelParamsCommand(r)
      %RUNLFADSWRITEMODELPARAMSCOMMAND  Nothing is left to do: weights are kept while training.
    end

    function deleteLFADSOutput(r, varargin)
      %DELETELFADSOUTPUT  Remove results and logs of this run, not its inputs.
      r.posteriorMeans = [];
      LFADS.Internal.remove_folder(r.pathLFADSOutput);
      for name = {'lfads.out', 'lfads.done'}
        if isfile(fullfile(r.path, name{1}))
          delete(fullfile(r.path, name{1}));
        end
      end
    end

    %% results

    function tf = checkPosteriorMeansExist(r, verbose)
      kind = r.params.posterior_mean_kind;
      of_dataset = @(name) isfile(fullfile(r.pathLFADSOutput, ['model_runs_' name '.h5_train_' kind]));
      tf = isfile(fullfile(r.pathLFADSOutput, 'posterior.nc')) || all(cellfun(of_dataset, r.runSpec.datasetNames));
      if ~tf && nargin > 1 && verbose
        fprintf('run %s: no posterior means in %s\n', r.name, r.pathLFADSOutput);
      end
    end

    function pms = loadPosteriorMeans(r, reload)
      %LOADPOSTERIORMEANS  A PosteriorMeans; of several datasets a cell of them.
      if isempty(r.posteriorMeans) || (nargin > 1 && reload)
        pms = LFADS.PosteriorMeans.fromFolder(r.pathLFADSOutput, r.pathLFADSInput, r.runSpec.datasetNames, ...
                                              r.params.posterior_mean_kind);
        for k = 1:numel(pms)
          pms{k}.params = r.params;
        end
        r.posteriorMeans = pms;
      end
      pms = r.posteriorMeans;
      if numel(pms) == 1
        pms = pms{1};
      end
    end

    function log = loadFitLog(r)
      log = LFADS.FitLog(r.pathLFADSOutput, r.name);
    end

    function trained = loadModelTrainedParams(r)
      trained = LFADS.ModelTrainedParams(r.pathLFADSOutput, r.runSpec.datasetNames);
    end

    function exportResultsToH5(r, file, varargin)
      %EXPORTRESULTSTOH5  Posterior means of all datasets into one HDF5 file, a group each.
      pms = LFADS.Internal.flat({r.loadPosteriorMeans()});
      arrays = struct();
      for k = 1:numel(pms)
        arrays.(sprintf('dataset_%d', k)) = pms{k}.fields();
      end
      given = struct('file', LFADS.Internal.absolute(file), 'overwrite', true);
      lfads.internal.call('run-manager export', given, arrays);
    end

    function disp(r)
      fprintf('  %s %s: %s\n  %s\n', class(r), r.name, strjoin(r.runSpec.datasetNames, ', '), r.path);
    end

    function varargout = horzcat(varargin)
      varargout{1} = LFADS.Internal.flat(varargin);
    end
  end

  methods (Access = protected)
    function file = inputFile(r, name)
      file = fullfile(r.pathData, ['lfads_' name '.h5']);
    end

    function file = infoFile(r, name)
      file = fullfile(r.pathData, ['inputInfo_' name '.mat']);
    end

    function files = inputFiles(r)
      if ~r.isPrepared()
        error('lfads:argument', 'run %s: there are no inputs in %s: call prepareForLFADS first', r.name, r.pathData);
      end
      files = cellfun(@(name) r.inputFile(name), r.runSpec.datasetNames, 'UniformOutput', false);
    end

    function files = inputsFrom(r)
      above = ['../../data_' r.params.dataHash() '/' r.name '/'];
      files = cellfun(@(name) [above 'lfads_' name '.h5'], r.runSpec.datasetNames, 'UniformOutput', false);
    end

    function words = wordsOfInference(r, folder, file)
      words = {folder, '--out', file, '--num-samples', sprintf('%d', r.params.num_samples_posterior), ...
               '--generator-states', '--overwrite'};
    end

    function line = commandOf(r, words)
      quoted = cellfun(@(word) lfads.internal.shell_quoted(word), words, 'UniformOutput', false);
      line = [lfads.internal.shell_quoted(lfads.internal.chosen_python()) ' -m lfads ' strjoin(quoted, ' ')];
    end

    function file = writeScript(r, name, lines, given)
      known = struct('cuda_visible_devices', [], 'display', [], 'useTmuxSession', [], 'keepSessionAlive', [], ...
                     'teeOutput', [], 'virtualenv', [], 'prependPathVars', [], 'path_run_lfads_py', []);
      given = LFADS.Internal.options(known, given, name);
      LFADS.Internal.warn_of_unused(given, {'cuda_visible_devices', 'teeOutput'}, name);
      head = {'#!/usr/bin/env bash', 'set -euo pipefail', 'cd "$(dirname "$0")"'};
      if ~isempty(given.cuda_visible_devices)
        head{end + 1} = sprintf('export CUDA_VISIBLE_DEVICES=%d', given.cuda_visible_devices);
      end
      LFADS.Internal.make_folder(r.path);
      file = fullfile(r.path, name);
      lfads.internal.write_text(file, [strjoin([head lines], char(10)) char(10)]);
    end

    function given = alignmentOptions(r)
      extra = LFADS.Internal.options(struct('zscore', false), r.params.alignmentExtraArgs, 'alignmentExtraArgs');
      given = struct('datasets', {r.runSpec.datasetNames}, 'bin_ms', r.params.spikeBinMs, ...
                     'num_components', r.params.c_factors_dim, 'approach', r.params.alignmentApproach, ...
                     'z_score', logical(extra.zscore));
    end

    function arrays = countsOf(r, mode, letter, arrays)
      for k = 1:r.nDatasets
        ds = r.runSpec.datasets(k);
        found = r.generateCountsForDataset(ds, mode);
        if ~isstruct(found) || ~isfield(found, 'counts') || ~isfield(found, 'timeVecMs')
          error('lfads:argument', ...
                'generateCountsForDataset of dataset %s must return a struct with counts and timeVecMs', ds.name);
        end
        sent = struct('counts', LFADS.Internal.small(found.counts), 'timeVecMs', double(found.timeVecMs));
        for field = {'conditionId', 'truth', 'externalInputs'}
          if isfield(found, field{1}) && ~isempty(found.(field{1}))
            sent.(field{1}) = found.(field{1});
          end
        end
        arrays.(sprintf('%s%d', letter, k)) = sent;
      end
    end

    function warnOfFewTrials(r, numbers)
      batch = r.params.c_batch_size;
      default = feval(class(r.params));
      few = numbers(:)' < batch * (r.params.trainToTestRatio + 1);
      if batch ~= default.c_batch_size && any(few)
        warning('lfads:fewTrials', 'run %s: %d trials are fewer than c_batch_size * (trainToTestRatio + 1) = %d', ...
                r.name, min(numbers), batch * (r.params.trainToTestRatio + 1));
      end
    end
  end
end
