classdef Dataset < handle
%DATASET  One recording session. Make a class of your own from it, with loadData and loadInfo.
%
%   ds = MyExperiment.Dataset(collection, 'relative/path.mat')
%
%   It joins its collection by itself; one of the same name takes the other's place.

  properties
    name = '';
    comment = '';
    relPath = '';
    collection = [];
    subject = '';
    saveTags = [];
    datenum = NaN;
    nChannels = NaN;
    nTrials = NaN;
    infoLoaded = false;
  end

  properties (Dependent)
    path
  end

  methods
    function ds = Dataset(collection, relPath)
      if nargin < 2
        return
      end
      ds.relPath = char(relPath);
      [~, name] = fileparts(ds.relPath);
      ds.name = name;
      ds.collection = collection;
      collection.addDataset(ds);
    end

    function path = get.path(ds)
      path = ds.relPath;
      if ~isempty(ds.collection)
        path = fullfile(ds.collection.path, ds.relPath);
      end
    end

    function data = loadData(ds)
      %LOADDATA  What the file at path holds: the variable data where it has one, else all. Write your own.
      if exist(ds.path, 'file') ~= 2
        error('lfads:file', 'dataset %s: there is no file %s', ds.name, ds.path);
      end
      data = load(ds.path);
      if isfield(data, 'data')
        data = data.data;
      end
    end

    function loadInfo(ds, reload)
      %LOADINFO  Find subject, nChannels, nTrials and the like. Write your own; this one does nothing.
      ds.infoLoaded = true;
    end

    function reloadInfo(ds)
      ds.infoLoaded = false;
      ds.loadInfo();
    end

    function name = getSingleRunName(ds)
      name = ['single_' ds.name];
    end

    function varargout = horzcat(varargin)
      varargout{1} = LFADS.Internal.flat(varargin);
    end

    function disp(ds)
      fprintf('  %s %s: %s trials, %s channels, %s\n', class(ds), ds.name, num2str(ds.nTrials), ...
              num2str(ds.nChannels), ds.path);
    end
  end
end
