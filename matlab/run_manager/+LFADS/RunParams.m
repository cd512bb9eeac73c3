classdef RunParams < LFADS.Parameters
%RUNPARAMS  All settings of a training; two objects are independent of each other.
%
%   par = MyExperiment.RunParams();
%   par.c_factors_dim = 8;
%   par.lfadsSettings = {'training.num_epochs', 200};
%
%   Names with c_ are those of LFADS in TensorFlow 1; `help LFADS.Parameters` lists them with what they are here.
%   lfadsSettings are names and values of this program's own settings; they win.

  properties
    name = '';
    version = 20171107;
    spikeBinMs = 2;                             % width of a bin
    trainToTestRatio = 4;                       % training trials for each that validates
    useAlignmentMatrix = false;                 % align several datasets by their conditions
    useSingleDatasetAlignmentMatrix = false;    % write the matrix of a run with one dataset, too
    alignmentApproach = 'regressGlobalPCs';     % or ridgeRegressGlobalPCs
    alignmentExtraArgs = {};                    % {'zscore', true}
    scaleIncreaseStepsWithDatasets = true;      % c_kl_increase_steps and c_l2_increase_steps, if you set them
    scaleStartStepWithDatasets = true;          % without effect: weights rise from the first step
    posterior_mean_kind = 'posterior_sample_and_average';
    num_samples_posterior = 512;
    lfadsSettings = {};
  end

  methods
    function names = namesDiffering(par)
      %NAMESDIFFERING  Settings that are not at their defaults, in the order of the alphabet.
      default = feval(class(par));
      names = {};
      every = sort(properties(par));
      for k = 1:numel(every)
        if ~any(strcmp(every{k}, {'name', 'version'})) && ~isequal(par.(every{k}), default.(every{k}))
          names{end + 1} = every{k};
        end
      end
    end

    function text = paramHash(par)
      %PARAMHASH  Six characters of all that differs from the defaults.
      text = LFADS.Internal.hash_of(par.linesOf(par.namesDiffering()));
    end

    function text = dataHash(par)
      %DATAHASH  Six characters of what data depend on: what is not c_, and c_factors_dim.
      names = par.namesDiffering();
      of_training = strncmp(names, 'c_', 2) & ~strcmp(names, 'c_factors_dim');
      names = names(~of_training & ~strcmp(names, 'lfadsSettings'));
      text = LFADS.Internal.hash_of(par.linesOf(names));
    end

    function text = generateText(par)
      %GENERATETEXT  A line for each setting that is not at its default.
      text = strjoin(par.linesOf(par.namesDiffering()), char(10));
    end

    function found = parameters(par, nDatasets)
      %PARAMETERS  A struct of all c_, as they are sent.
      names = properties(par);
      found = struct();
      for k = 1:numel(names)
        if strncmp(names{k}, 'c_', 2)
          found.(names{k}) = par.(names{k});
        end
      end
      if par.scaleIncreaseStepsWithDatasets && nDatasets > 1
        default = feval(class(par));
        for name = {'c_kl_increase_steps', 'c_l2_increase_steps'}
          if ~isequal(found.(name{1}), default.(name{1}))
            found.(name{1}) = found.(name{1}) * nDatasets;
          end
        end
      end
    end

    function varargout = horzcat(varargin)
      varargout{1} = LFADS.Internal.flat(varargin);
    end

    function disp(par)
      fprintf('  %s %s, param_%s, data_%s\n%s\n', class(par), par.name, par.paramHash(), par.dataHash(), ...
              par.generateText());
    end
  end

  methods (Access = protected)
    function lines = linesOf(par, names)
      lines = cell(1, numel(names));
      for k = 1:numel(names)
        lines{k} = [names{k} ' = ' LFADS.Internal.text_of(par.(names{k}))];
      end
    end
  end
end
