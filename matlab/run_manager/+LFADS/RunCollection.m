classdef RunCollection < handle
%RUNCOLLECTION  Every RunSpec trained with every RunParams.
%
%   rc = MyExperiment.RunCollection('/results', 'first_try', dc);
%   rc.addParams(par);
%   rc.addRunSpec(MyExperiment.RunSpec('all', dc, 1:dc.nDatasets));
%   rc.prepareForLFADS();
%   rc.runs(1, 1)           % run specs x params; rc.runs is a cell of all
%
%   Classes of runs and settings are those of the package of your RunCollection.

  properties
    name = '';
    comment = '';
    rootPath = '';
    datasetCollection = [];
    version = 20171107;
    paramItems = {};
    specItems = {};
    runItems = {};
  end

  properties (Dependent)
    path
    nParams
    nRunSpecs
    nRunsTotal
    nDatasets
  end

  methods
    function rc = RunCollection(rootPath, name, datasetCollection)
      if nargin == 3
        rc.rootPath = LFADS.Internal.absolute(rootPath);
        rc.name = char(name);
        rc.datasetCollection = datasetCollection;
      end
    end

    function path = get.path(rc)
      path = fullfile(rc.rootPath, rc.name);
    end

    function n = get.nParams(rc)
      n = numel(rc.paramItems);
    end

    function n = get.nRunSpecs(rc)
      n = numel(rc.specItems);
    end

    function n = get.nRunsTotal(rc)
      n = numel(rc.runItems);
    end

    function n = get.nDatasets(rc)
      n = rc.datasetCollection.nDatasets;
    end

    function out = runs(rc, varargin)
      %RUNS  rc.runs is a cell, run specs x params; rc.runs(s, p) is one of them.
      out = LFADS.Internal.pick(rc.runItems, varargin);
    end

    function out = params(rc, varargin)
      out = LFADS.Internal.pick(rc.paramItems, varargin);
    end

    function out = runSpecs(rc, varargin)
      out = LFADS.Internal.pick(rc.specItems, varargin);
    end

    function addParams(rc, varargin)
      %ADDPARAMS  One RunParams, several, or a cell of them; of a sweep, say.
      given = LFADS.Internal.flat(varargin);
      for k = 1:numel(given)
        hashes = cellfun(@(one) one.paramHash(), rc.paramItems, 'UniformOutput', false);
        if any(strcmp(hashes, given{k}.paramHash()))
          warning('lfads:twice', 'settings param_%s are in the collection already', given{k}.paramHash());
        else
          rc.paramItems{end + 1} = given{k};
        end
      end
      rc.makeRuns();
    end

    function addRunSpec(rc, varargin)
      %ADDRUNSPEC  One RunSpec, several, or a cell of them; one of the same name takes the other's place.
      given = LFADS.Internal.flat(varargin);
      for k = 1:numel(given)
        place = find(strcmp(rc.namesOfSpecs(), given{k}.name));
        if isempty(place)
          place = numel(rc.specItems) + 1;
        end
        rc.specItems{place} = given{k};
      end
      rc.makeRuns();
    end

    function clearParams(rc)
      rc.paramItems = {};
      rc.makeRuns();
    end

    function clearRunSpecs(rc)
      rc.specItems = {};
      rc.makeRuns();
    end

    function clearAll(rc)
      rc.paramItems = {};
      rc.specItems = {};
      rc.makeRuns();
    end

    function filterParams(rc, mask)
      rc.paramItems = rc.paramItems(mask);
      rc.makeRuns();
    end

    function filterRunSpecs(rc, mask)
      rc.specItems = rc.specItems(mask);
      rc.makeRuns();
    end

    function [found, place] = findRunSpecs(rc, names)
      %FINDRUNSPECS  By name, or a cell of names: one, or a cell.
      place = LFADS.Internal.places_of(names, rc.namesOfSpecs(), 'run');
      found = LFADS.Internal.pick(rc.specItems, {place});
    end

    function [found, place] = findParams(rc, which)
      %FINDPARAMS  By number, by hash, with param_ or without, or by name: one, or a cell.
      if isnumeric(which)
        place = which;
        if any(place < 1 | place > rc.nParams)
          error('lfads:argument', 'there are %d settings; got number %s', rc.nParams, mat2str(which));
        end
      else
        hashes = cellfun(@(one) one.paramHash(), rc.paramItems, 'UniformOutput', false);
        names = cellfun(@(one) one.name, rc.paramItems, 'UniformOutput', false);
        place = find(strcmp(hashes, strrep(which, 'param_', '')) | strcmp(names, which));
        if isempty(place)
          error('lfads:argument', 'there are no settings ''%s''; there are %s', which, strjoin(hashes, ', '));
        end
      end
      found = LFADS.Internal.pick(rc.paramItems, {place});
    end

    function found = findRuns(rc, spec, param)
      %FINDRUNS  Runs of a RunSpec, by name or number, with a RunParams, by number, hash or name: one, or a cell.
      if isnumeric(spec)
        places = spec;
      else
        [~, places] = rc.findRunSpecs(spec);
      end
      if nargin < 3
        columns = 1:rc.nParams;
      else
        [~, columns] = rc.findParams(param);
      end
      found = LFADS.Internal.pick(rc.runItems, {places, columns});
    end

    function prepareForLFADS(rc, regenerate)
      %PREPAREFORLFADS  Write inputs and settings of all runs; those that are there stay, unless REGENERATE is true.
      regenerate = nargin > 1 && regenerate;
      for k = 1:numel(rc.runItems)
        rc.runItems{k}.prepareForLFADS(regenerate);
      end
      rc.writeSummaryText();
    end

    function file = writeSummaryText(rc)
      %WRITESUMMARYTEXT  summary.txt: datasets, runs and settings.
      lines = {['collection ' rc.name], '', 'datasets:'};
      for name = rc.datasetCollection.names()
        lines{end + 1} = ['  ' name{1}];
      end
      lines{end + 1} = '';
      for k = 1:rc.nRunSpecs
        lines{end + 1} = sprintf('run %s: %s', rc.specItems{k}.name, strjoin(rc.specItems{k}.datasetNames, ', '));
      end
      for k = 1:rc.nParams
        par = rc.paramItems{k};
        head = sprintf('settings %d: %s, param_%s, data_%s', k, par.name, par.paramHash(), par.dataHash());
        lines = [lines {'', head, par.generateText()}];
      end
      file = rc.writeFile('summary.txt', lines);
    end

    function file = writeTensorboardShellScript(rc, varargin)
      %WRITETENSORBOARDSHELLSCRIPT  launch_tensorboard.sh; run trainings with the tracker tensorboard for it.
      given = LFADS.Internal.options(struct('tensorboardPort', 6006), varargin, 'writeTensorboardShellScript');
      file = rc.writeFile('launch_tensorboard.sh', {'#!/usr/bin/env bash', 'cd "$(dirname "$0")"', ...
          sprintf('exec tensorboard --logdir . --port %d', given.tensorboardPort)});
    end

    function file = writeShellScriptRunQueue(rc, varargin)
      %WRITESHELLSCRIPTRUNQUEUE  run_lfadsqueue.py, which trains all runs and infers their posterior means.
      %
      %   rc.writeShellScriptRunQueue('gpuList', [0 1], 'maxTasksSimultaneously', 2, 'rerun', false)
      file = rc.writeQueue({'lfads_train.sh', 'lfads_posterior_mean_sample.sh'}, varargin);
    end

    function file = writeShellScriptRunQueuePosteriorMeanOnly(rc, varargin)
      %WRITESHELLSCRIPTRUNQUEUEPOSTERIORMEANONLY  The same without training.
      file = rc.writeQueue({'lfads_posterior_mean_sample.sh'}, [{'rerun', true} varargin]);
    end

    function seqs = loadSequenceData(rc)
      seqs = cellfun(@(run) run.loadSequenceData(), rc.runItems, 'UniformOutput', false);
    end

    function pms = loadPosteriorMeans(rc, varargin)
      %LOADPOSTERIORMEANS  Of all runs that have them: a cell, run specs x params; empty where there are none.
      pms = cell(size(rc.runItems));
      for k = 1:numel(pms)
        if rc.runItems{k}.checkPosteriorMeansExist(true)
          pms{k} = rc.runItems{k}.loadPosteriorMeans(varargin{:});
        end
      end
    end

    function tf = checkPosteriorMeansExist(rc, varargin)
      tf = reshape(cellfun(@(run) run.checkPosteriorMeansExist(varargin{:}), rc.runItems), size(rc.runItems));
    end

    function deleteLFADSOutput(rc, varargin)
      cellfun(@(run) run.deleteLFADSOutput(), rc.runItems);
    end

    function exportResultsToH5(rc, folder, varargin)
      %EXPORTRESULTSTOH5  Posterior means of all runs that have them, a file RUN_param_HASH.h5 each.
      LFADS.Internal.make_folder(LFADS.Internal.absolute(folder));
      for k = 1:numel(rc.runItems)
        run = rc.runItems{k};
        if run.checkPosteriorMeansExist(true)
          run.exportResultsToH5(fullfile(folder, [run.name '_param_' run.params.paramHash() '.h5']));
        end
      end
    end

    function disp(rc)
      fprintf('  %s %s: %d runs with %d settings, %d datasets, in %s\n', class(rc), rc.name, rc.nRunSpecs, ...
              rc.nParams, rc.nDatasets, rc.path);
    end
  end

  methods (Access = protected)
    function name = classOf(rc, what)
      %CLASSOF  The class of that name in the package of this object, else that of LFADS.
      parts = strsplit(class(rc), '.');
      name = strjoin([parts(1:end - 1) {what}], '.');
      if exist(name, 'class') ~= 8 && isempty(meta.class.fromName(name))
        name = ['LFADS.' what];
      end
    end

    function makeRuns(rc)
      before = rc.runItems;
      rc.runItems = cell(rc.nRunSpecs, rc.nParams);
      for s = 1:rc.nRunSpecs
        for p = 1:rc.nParams
          same = cellfun(@(run) strcmp(run.name, rc.specItems{s}.name) && ...
                         isequal(run.runSpec.datasetNames, rc.specItems{s}.datasetNames) && ...
                         strcmp(run.params.paramHash(), rc.paramItems{p}.paramHash()), before);
          if any(same(:))
            rc.runItems{s, p} = before{find(same, 1)};
          else
            rc.runItems{s, p} = feval(rc.classOf('Run'), rc, rc.specItems{s}, rc.paramItems{p});
          end
        end
      end
    end

    function names = namesOfSpecs(rc)
      names = cellfun(@(spec) spec.name, rc.specItems, 'UniformOutput', false);
    end

    function file = writeFile(rc, name, lines)
      LFADS.Internal.make_folder(rc.path);
      file = fullfile(rc.path, name);
      lfads.internal.write_text(file, [strjoin(lines, char(10)) char(10)]);
    end

    function file = writeQueue(rc, scripts, given)
      known = struct('rerun', false, 'gpuList', [], 'maxTasksSimultaneously', [], 'runIdx', [], ...
                     'display', [], 'oneTaskPerGPU', [], 'gpuMemoryRequired', [], 'virtualenv', [], ...
                     'prependPathVars', [], 'posterior_mean_kind', []);
      given = LFADS.Internal.options(known, given, 'writeShellScriptRunQueue');
      used = {'rerun', 'gpuList', 'maxTasksSimultaneously', 'runIdx'};
      LFADS.Internal.warn_of_unused(given, used, 'writeShellScriptRunQueue');
      most = given.maxTasksSimultaneously;
      if isempty(most)
        most = max(1, numel(given.gpuList));
      end
      which = 1:numel(rc.runItems);
      if ~isempty(given.runIdx)
        which = given.runIdx;
      end
      tasks = cell(1, numel(which));
      for k = 1:numel(which)
        run = rc.runItems{which(k)};
        run.writeShellScriptLFADSTrain();
        run.writeShellScriptLFADSPosteriorMeanSample();
        run.writeShellScriptWriteModelParams();
        tasks{k} = struct('name', ['param_' run.params.paramHash() '/' run.name], 'scripts', {scripts});
      end
      queue = struct('tasks', {tasks}, 'gpus', {num2cell(double(given.gpuList(:)'))}, 'most', double(most), ...
                     'rerun', logical(given.rerun));
      rc.writeFile('lfadsqueue.json', {jsonencode(queue)});
      python = jsonencode(lfads.internal.chosen_python());
      hidden = '';  % a system() of MATLAB has its libraries first, which are not those of Python
      if ~lfads.internal.is_octave()
        hidden = matlabroot();
      end
      file = rc.writeFile('run_lfadsqueue.py', {'import os', ['PYTHON = ' python], ...
          ['HIDDEN = ' jsonencode(hidden)], ...
          'here = os.path.dirname(os.path.abspath(__file__))', ...
          'for name in (''LD_LIBRARY_PATH'', ''DYLD_LIBRARY_PATH''):', ...
          '    if HIDDEN and name in os.environ:', ...
          '        folders = os.environ[name].split(os.pathsep)', ...
          '        os.environ[name] = os.pathsep.join(f for f in folders if not f.startswith(HIDDEN))', ...
          'os.execv(PYTHON, [PYTHON, "-m", "lfads.matlab.run_manager.queue", os.path.join(here, "lfadsqueue.json")])'});
    end
  end
end
