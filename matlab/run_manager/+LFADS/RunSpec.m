classdef RunSpec < handle
%RUNSPEC  Which datasets a run has; more than one share a network.
%
%   MyExperiment.RunSpec('all', dc, 1:dc.nDatasets)
%   MyExperiment.RunSpec(dc.datasets(1).getSingleRunName(), dc, dc.datasets(1).name)

  properties
    name = '';
    datasetCollection = [];
    datasetNames = {};
  end

  properties (Dependent)
    nDatasets
    datasetIndsInCollection
  end

  methods
    function spec = RunSpec(name, collection, which)
      if nargin < 3
        return
      end
      if islogical(which)
        which = find(which);
      end
      if ~isnumeric(which)
        which = collection.matchDatasetsByName(which);
      end
      if isempty(which) || any(which < 1 | which > collection.nDatasets | which ~= floor(which))
        error('lfads:argument', 'run ''%s'': expected datasets from 1 to %d; got %s', name, ...
              collection.nDatasets, mat2str(which));
      end
      spec.name = char(name);
      spec.datasetCollection = collection;
      names = collection.names();
      spec.datasetNames = names(which);
    end

    function n = get.nDatasets(spec)
      n = numel(spec.datasetNames);
    end

    function places = get.datasetIndsInCollection(spec)
      places = spec.datasetCollection.matchDatasetsByName(spec.datasetNames);
    end

    function out = datasets(spec, varargin)
      %DATASETS  spec.datasets is a cell of all, spec.datasets(k) the k-th.
      out = LFADS.Internal.pick(spec.datasetCollection.items(spec.datasetIndsInCollection), varargin);
    end

    function varargout = horzcat(varargin)
      varargout{1} = LFADS.Internal.flat(varargin);
    end

    function disp(spec)
      fprintf('  %s %s: %s\n', class(spec), spec.name, strjoin(spec.datasetNames, ', '));
    end
  end
end
