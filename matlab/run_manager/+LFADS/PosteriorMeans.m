classdef PosteriorMeans < handle
%POSTERIORMEANS  What was inferred of the trials of one dataset, averaged over the posterior.
%
%   Arrays are channels or factors x time x trials, in the order of the dataset's trials; NaN for trials of
%   neither training nor validation. rates are spikes/s. costs and bounds are NaN in runs of this program.

  properties
    kind = '';
    dataset = '';
    time = [];
    controller_outputs = [];
    factors = [];
    post_g0_mean = [];
    post_g0_logvar = [];
    generator_ics = [];
    generator_states = [];
    rates = [];
    costs = [];
    nll_bound_vaes = [];
    nll_bound_iwaes = [];
    validInds = [];
    trainInds = [];
    params = [];
    conditionIds = [];
    rawCounts = [];
    truth = [];
    externalInputs = [];
    datasetIndexByTrial = [];
    binWidthMs = NaN;
  end

  properties (Dependent)
    isValid
    nControllerOutputs
    nGeneratorUnits
    nNeurons
    nFactors
    T
    nTrials
    nConditions
    conditions
  end

  methods
    function pm = PosteriorMeans(found)
      if nargin == 0
        return
      end
      names = fieldnames(found);
      for k = 1:numel(names)
        pm.(names{k}) = found.(names{k});
      end
      for name = {'time', 'trainInds', 'validInds', 'costs', 'nll_bound_vaes', 'nll_bound_iwaes'}
        pm.(name{1}) = pm.(name{1})(:);
      end
      pm.conditionIds = pm.conditionIds(:);
      if isempty(pm.datasetIndexByTrial)
        pm.datasetIndexByTrial = ones(pm.nTrials, 1);
      end
    end

    function tf = get.isValid(pm)
      tf = ~isempty(pm.rates);
    end

    function n = get.nControllerOutputs(pm)
      n = size(pm.controller_outputs, 1);
    end

    function n = get.nGeneratorUnits(pm)
      n = max(size(pm.generator_states, 1), size(pm.generator_ics, 1));
    end

    function n = get.nNeurons(pm)
      n = size(pm.rates, 1);
    end

    function n = get.nFactors(pm)
      n = size(pm.factors, 1);
    end

    function n = get.T(pm)
      n = size(pm.factors, 2);
    end

    function n = get.nTrials(pm)
      n = size(pm.factors, 3);
    end

    function found = get.conditions(pm)
      if iscell(pm.conditionIds)
        found = unique(pm.conditionIds(~cellfun(@isempty, pm.conditionIds)));
      else
        found = unique(pm.conditionIds(~isnan(pm.conditionIds)));
      end
    end

    function n = get.nConditions(pm)
      n = numel(pm.conditions);
    end

    function [averages, conditions] = getConditionAveragedFieldValues(pm, field, conditionIds)
      %GETCONDITIONAVERAGEDFIELDVALUES  Means of a field over the trials of each condition, along its last axis.
      %
      %   CONDITIONIDS  of each trial, numbers or a cell of text; conditionIds of the dataset by default
      %   CONDITIONS    what the last axis of AVERAGES stands for; trials that are NaN are left out
      if nargin < 3
        conditionIds = pm.conditionIds;
      end
      values = pm.ofTrials(field);
      trials = size(values, 3);
      if numel(conditionIds) ~= trials
        error('lfads:argument', 'expected a condition for each of %d trials; got %d', trials, numel(conditionIds));
      end
      if iscell(conditionIds)
        conditions = unique(conditionIds(~cellfun(@isempty, conditionIds)));
      else
        conditions = unique(conditionIds(~isnan(conditionIds)));
      end
      conditions = conditions(:);
      averages = nan(size(values, 1), size(values, 2), numel(conditions));
      known = reshape(~any(any(isnan(values), 1), 2), 1, []);
      for c = 1:numel(conditions)
        if iscell(conditionIds)
          of_condition = strcmp(conditionIds(:)', conditions{c});
        else
          of_condition = conditionIds(:)' == conditions(c);
        end
        if any(of_condition & known)
          averages(:, :, c) = mean(values(:, :, of_condition & known), 3);
        end
      end
      if ndims(pm.(field)) < 3 && size(pm.(field), 2) == trials
        averages = reshape(averages, size(values, 1), numel(conditions));
      end
    end

    function joined = concatenateOverTrials(pm, varargin)
      %CONCATENATEOVERTRIALS  Trials of several PosteriorMeans behind each other; datasetIndexByTrial tells them apart.
      %
      %   pms{1}.concatenateOverTrials(pms{2:end})
      %
      %   rates and rawCounts are of other channels in each dataset: they are kept only where their number agrees.
      pms = LFADS.Internal.flat([{pm} varargin]);
      found = struct('kind', pm.kind, 'dataset', '', 'time', pm.time, 'binWidthMs', pm.binWidthMs);
      offset = 0;
      [found.trainInds, found.validInds, found.datasetIndexByTrial] = deal([]);
      for k = 1:numel(pms)
        if ~isequal(size(pms{k}.time), size(pm.time))
          error('lfads:argument', 'trials of %s have %d bins, those of %s %d', pms{k}.dataset, pms{k}.T, ...
                pm.dataset, pm.T);
        end
        found.trainInds = [found.trainInds; pms{k}.trainInds + offset];
        found.validInds = [found.validInds; pms{k}.validInds + offset];
        found.datasetIndexByTrial = [found.datasetIndexByTrial; k * ones(pms{k}.nTrials, 1)];
        offset = offset + pms{k}.nTrials;
      end
      series = {'controller_outputs', 'factors', 'generator_states', 'rates', 'rawCounts', 'truth', 'externalInputs'};
      vectors = {'post_g0_mean', 'post_g0_logvar', 'generator_ics'};
      for name = [series vectors]
        parts = cellfun(@(one) one.(name{1}), pms, 'UniformOutput', false);
        rows = cellfun(@(part) size(part, 1), parts);
        if all(rows == rows(1)) && ~any(cellfun(@isempty, parts))
          found.(name{1}) = cat(2 + any(strcmp(name{1}, series)), parts{:});
        end
      end
      for name = {'costs', 'nll_bound_vaes', 'nll_bound_iwaes', 'conditionIds'}
        parts = cellfun(@(one) one.(name{1}), pms, 'UniformOutput', false);
        if all(cellfun(@iscell, parts)) || ~any(cellfun(@iscell, parts))
          found.(name{1}) = cat(1, parts{:});
        end
      end
      joined = LFADS.PosteriorMeans(found);
      joined.params = pm.params;
    end

    function exportToHDF5(pm, file)
      %EXPORTTOHDF5  All fields into an HDF5 file; other programs see trials first, as they see what h5write writes.
      lfads.internal.call('run-manager export', struct('file', LFADS.Internal.absolute(file), 'overwrite', true), ...
                          pm.fields());
    end

    function found = fields(pm)
      %FIELDS  What is there, as a struct.
      names = {'kind', 'dataset', 'time', 'controller_outputs', 'factors', 'post_g0_mean', 'post_g0_logvar', ...
               'generator_ics', 'generator_states', 'rates', 'costs', 'nll_bound_vaes', 'nll_bound_iwaes', ...
               'validInds', 'trainInds', 'conditionIds', 'rawCounts', 'truth', 'externalInputs', ...
               'datasetIndexByTrial', 'binWidthMs'};
      found = struct();
      for k = 1:numel(names)
        if ~isempty(pm.(names{k}))
          found.(names{k}) = pm.(names{k});
        end
      end
    end

    function seq = addToSequence(pm, seq)
      %ADDTOSEQUENCE  A struct array of trials with what was inferred of each.
      if numel(seq) ~= pm.nTrials
        error('lfads:argument', 'expected %d trials of %s; got %d', pm.nTrials, pm.dataset, numel(seq));
      end
      for name = {'rates', 'factors', 'generator_states', 'controller_outputs'}
        if ~isempty(pm.(name{1}))
          for k = 1:numel(seq)
            seq(k).(name{1}) = pm.(name{1})(:, :, k);
          end
        end
      end
      for name = {'generator_ics', 'post_g0_mean', 'post_g0_logvar'}
        if ~isempty(pm.(name{1}))
          for k = 1:numel(seq)
            seq(k).(name{1}) = pm.(name{1})(:, k);
          end
        end
      end
    end

    function disp(pm)
      fprintf('  %s of %s (%s): %d trials x %d bins of %g ms; %d factors, %d neurons, %d inputs\n', class(pm), ...
              pm.dataset, pm.kind, pm.nTrials, pm.T, pm.binWidthMs, pm.nFactors, pm.nNeurons, ...
              pm.nControllerOutputs);
    end

    function varargout = horzcat(varargin)
      varargout{1} = LFADS.Internal.flat(varargin);
    end
  end

  methods (Access = protected)
    function values = ofTrials(pm, field)
      if ~isprop(pm, field) || isempty(pm.(field)) || ~isnumeric(pm.(field))
        error('lfads:argument', 'there are no numbers of a field ''%s''', field);
      end
      values = pm.(field);
      if any(strcmp(field, {'post_g0_mean', 'post_g0_logvar', 'generator_ics'}))
        values = reshape(values, size(values, 1), 1, []);
      elseif isvector(values) && numel(values) == pm.nTrials
        values = reshape(values, 1, 1, []);
      end
    end
  end

  methods (Static)
    function pms = fromFolder(output, inputs, names, kind)
      %FROMFOLDER  A cell of PosteriorMeans of a run's folders, of this program or of LFADS in TensorFlow 1.
      %
      %   pms = LFADS.PosteriorMeans.fromFolder('run/lfadsOutput', 'run/lfadsInput')
      %
      %   NAMES  of datasets; those of inputInfo_NAME.mat by default
      inputs = LFADS.Internal.absolute(inputs);
      if nargin < 3 || isempty(names)
        there = dir(fullfile(inputs, 'inputInfo_*.mat'));
        names = cellfun(@(name) name(11:end - 4), {there.name}, 'UniformOutput', false);
        if isempty(names)
          error('lfads:file', 'there is no inputInfo_DATASET.mat in %s', inputs);
        end
      end
      if nargin < 4
        kind = 'posterior_sample_and_average';
      end
      [~, arrays] = lfads.internal.call('run-manager posterior-means', struct( ...
          'output', LFADS.Internal.absolute(output), 'inputs', inputs, 'datasets', {cellstr(names)}, 'kind', kind));
      pms = cell(1, numel(cellstr(names)));
      for k = 1:numel(pms)
        pms{k} = LFADS.PosteriorMeans(arrays.(sprintf('s%d', k)));
      end
    end
  end
end
