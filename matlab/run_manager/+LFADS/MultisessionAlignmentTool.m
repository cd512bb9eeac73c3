classdef MultisessionAlignmentTool < handle
%MULTISESSIONALIGNMENTTOOL  Datasets in the space of principal components of all their channels.
%
%   pcAvgGlobal            components x time x conditions: scores of all datasets together
%   pcAvgReconstruction    cell, the same from each dataset by its own matrix
%   alignmentMatrices      cell, channels x components
%   alignmentBiases        cell, mean of each channel
%   varianceFraction       share of each component in the variance of all channels

  properties
    run = [];
    conditions = {};
    pcAvgGlobal = [];
    pcAvgReconstruction = {};
    alignmentMatrices = {};
    alignmentBiases = {};
    varianceFraction = [];
    ridgePenalties = [];
  end

  properties (Dependent)
    nDatasets
    nFactors
    nConditions
  end

  methods
    function tool = MultisessionAlignmentTool(run, found)
      if nargin == 0
        return
      end
      tool.run = run;
      names = fieldnames(found);
      for k = 1:numel(names)
        tool.(names{k}) = found.(names{k});
      end
    end

    function n = get.nDatasets(tool)
      n = numel(tool.alignmentMatrices);
    end

    function n = get.nFactors(tool)
      n = size(tool.pcAvgGlobal, 1);
    end

    function n = get.nConditions(tool)
      n = numel(tool.conditions);
    end

    function axes_ = plotAlignmentReconstruction(tool, nFactors, conditions)
      %PLOTALIGNMENTRECONSTRUCTION  Components over time: black of all datasets together, a colour each dataset.
      %
      %   NFACTORS    first so many, or which ones
      %   CONDITIONS  first so many, or which ones
      if nargin < 2
        nFactors = min(3, tool.nFactors);
      end
      if nargin < 3
        conditions = min(4, tool.nConditions);
      end
      factors = tool.chosen(nFactors, tool.nFactors, 'factors');
      conditions = tool.chosen(conditions, tool.nConditions, 'conditions');
      colors = lines(tool.nDatasets);
      axes_ = zeros(numel(factors), numel(conditions));
      for f = 1:numel(factors)
        for c = 1:numel(conditions)
          place = subplot(numel(factors), numel(conditions), (f - 1) * numel(conditions) + c);
          hold(place, 'on');
          for d = 1:tool.nDatasets
            plot(place, tool.pcAvgReconstruction{d}(factors(f), :, conditions(c)), 'Color', colors(d, :));
          end
          plot(place, tool.pcAvgGlobal(factors(f), :, conditions(c)), 'k--', 'LineWidth', 1.5);
          if f == 1
            title(place, ['condition ' tool.conditions{conditions(c)}], 'Interpreter', 'none');
          end
          if f == numel(factors)
            xlabel(place, 'bin');
          end
          if c == 1
            ylabel(place, sprintf('component %d', factors(f)));
          end
          set(place, 'XLim', [1, max(size(tool.pcAvgGlobal, 2), 2)]);
          axes_(f, c) = place;
        end
      end
    end

    function disp(tool)
      fprintf('  alignment of %d datasets by %d conditions, %d components\n', tool.nDatasets, ...
              tool.nConditions, tool.nFactors);
    end
  end

  methods (Access = protected)
    function found = chosen(tool, given, number, what)
      found = given;
      if isscalar(given)
        found = 1:min(given, number);
      end
      if isempty(found) || any(found < 1 | found > number | found ~= floor(found))
        error('lfads:argument', 'expected %s from 1 to %d; got %s', what, number, mat2str(given));
      end
    end
  end
end
