classdef DatasetCollection < handle
%DATASETCOLLECTION  The datasets of an experiment, below one folder.
%
%   dc = MyExperiment.DatasetCollection('/data/sessions');
%   MyExperiment.Dataset(dc, 'session1.mat');
%   dc.loadInfo();
%   dc.datasets(1).name

  properties
    name = '';
    comment = '';
    path = '';
    items = {};  % cell of datasets; dc.datasets(k) is one of them
  end

  properties (Dependent)
    nDatasets
  end

  methods
    function dc = DatasetCollection(path)
      if nargin > 0
        dc.path = LFADS.Internal.absolute(path);
        [~, dc.name] = fileparts(dc.path);
      end
    end

    function n = get.nDatasets(dc)
      n = numel(dc.items);
    end

    function out = datasets(dc, varargin)
      %DATASETS  dc.datasets is a cell of all, dc.datasets(k) the k-th.
      out = LFADS.Internal.pick(dc.items, varargin);
    end

    function addDataset(dc, ds)
      place = find(strcmp(dc.names(), ds.name));
      if isempty(place)
        dc.items{end + 1} = ds;
      else
        dc.items{place} = ds;
      end
    end

    function clearDatasets(dc)
      dc.items = {};
    end

    function found = names(dc)
      found = cellfun(@(ds) ds.name, dc.items, 'UniformOutput', false);
    end

    function [ds, place] = findDataset(dc, name)
      place = dc.matchDatasetsByName(name);
      ds = dc.items{place};
    end

    function places = matchDatasetsByName(dc, names)
      %MATCHDATASETSBYNAME  Places of datasets by their names, a text or a cell of texts.
      places = LFADS.Internal.places_of(names, dc.names(), 'dataset');
    end

    function filterDatasets(dc, mask)
      dc.items = dc.items(mask);
    end

    function filterHavingMinimumTrials(dc, least)
      dc.filterDatasets(dc.trialsOf() >= least);
    end

    function filterHavingMinimumTrialsForBatchSize(dc, batchSize, trainToTestRatio)
      %FILTERHAVINGMINIMUMTRIALSFORBATCHSIZE  Those with batchSize * (trainToTestRatio + 1) trials or more.
      if nargin < 3
        trainToTestRatio = 4;
      end
      dc.filterHavingMinimumTrials(batchSize * (trainToTestRatio + 1));
    end

    function most = computeMaxBatchSizeForTrainToRatio(dc, trainToTestRatio)
      most = floor(min(dc.trialsOf()) / (trainToTestRatio + 1));
    end

    function loadInfo(dc, reload)
      for k = 1:numel(dc.items)
        if ~dc.items{k}.infoLoaded || (nargin > 1 && reload)
          dc.items{k}.loadInfo();
        end
      end
    end

    function reloadInfo(dc)
      for k = 1:numel(dc.items)
        dc.items{k}.reloadInfo();
      end
    end

    function info = getDatasetInfoTable(dc)
      %GETDATASETINFOTABLE  A struct array, an item a dataset; struct2table makes a table of it in MATLAB.
      dc.loadInfo();
      info = struct('name', {}, 'subject', {}, 'nTrials', {}, 'nChannels', {}, 'datenum', {}, 'path', {});
      for k = 1:numel(dc.items)
        ds = dc.items{k};
        info(k) = struct('name', ds.name, 'subject', ds.subject, 'nTrials', ds.nTrials, ...
                         'nChannels', ds.nChannels, 'datenum', ds.datenum, 'path', ds.path);
      end
    end

    function disp(dc)
      fprintf('  %s %s: %d datasets in %s\n', class(dc), dc.name, dc.nDatasets, dc.path);
      cellfun(@(ds) disp(ds), dc.items);
    end
  end

  methods (Access = protected)
    function numbers = trialsOf(dc)
      dc.loadInfo();
      numbers = cellfun(@(ds) ds.nTrials, dc.items);
      if any(isnan(numbers))
        lacking = dc.names();
        error('lfads:argument', 'loadInfo of your Dataset must set nTrials; %s has none', ...
              lacking{find(isnan(numbers), 1)});
      end
    end
  end
end
