classdef ModelTrainedParams < handle
%MODELTRAINEDPARAMS  Trained weights: maps of each dataset, and all arrays of the network.
%
%   x_to_infac_W{k}           channels x components: (counts * W + b) is what the encoders see
%   factors_to_logrates_W{k}  factors x channels: exp(factors' * W + b) are rates per bin
%   arrays, names             a struct of all arrays, and what the program calls them
%
%   Of LFADS in TensorFlow 1 (file model_params) arrays and names alone; maps are empty.

  properties
    datasets = {};
    x_to_infac_W = {};
    x_to_infac_b = {};
    factors_to_logrates_W = {};
    factors_to_logrates_b = {};
    arrays = struct();
    names = struct();
  end

  methods
    function trained = ModelTrainedParams(folder, datasets)
      if nargin == 0
        return
      end
      given = struct('output', LFADS.Internal.absolute(folder));
      if nargin > 1
        given.datasets = cellstr(datasets);
      end
      [~, found] = lfads.internal.call('run-manager trained', given);
      fields = fieldnames(found.trained);
      for k = 1:numel(fields)
        trained.(fields{k}) = found.trained.(fields{k});
      end
    end
  end
end
