function files = generateDemoDatasets(folder, varargin)
%GENERATEDEMODATASETS  Sessions of a Lorenz system, seen by other neurons each, to try things on.
%
%   LFADS.Utils.generateDemoDatasets('/data/demo', 'nDatasets', 3)
%
%   Options: nDatasets 3, nConditions 65, nTrialsPerCondition [20 30], nChannels [25 35], nTimeMs 500, seed 1.
%   Each file datasetNNN.mat holds a struct data: spikes (trials x channels x ms), timeMs, conditionId,
%   true_rates (spikes/s), subject, datetime. Latents are those of all sessions; start values are a condition's own.

  known = struct('nDatasets', 3, 'nConditions', 65, 'nTrialsPerCondition', [20 30], 'nChannels', [25 35], ...
                 'nTimeMs', 500, 'seed', 1);
  given = LFADS.Internal.options(known, varargin, 'generateDemoDatasets');
  folder = LFADS.Internal.absolute(folder);
  LFADS.Internal.make_folder(folder);
  rand('seed', given.seed);  %#ok: the same in MATLAB and Octave
  randn('seed', given.seed);
  latents = lorenz(given.nConditions, given.nTimeMs);
  files = cell(1, given.nDatasets);
  for d = 1:given.nDatasets
    channels = between(given.nChannels);
    weights = (1 + rand(channels, 3)) .* sign(rand(channels, 3) - 0.5);
    spikes = [];
    data = struct('spikes', [], 'timeMs', 0:given.nTimeMs - 1, 'conditionId', [], 'true_rates', [], ...
                  'subject', 'lorenz', 'datetime', datestr(730000 + d, 'yyyy-mm-dd'));
    for c = 1:given.nConditions
      rates = 5 * exp(weights * latents(:, :, c));
      trials = between(given.nTrialsPerCondition);
      for k = 1:trials
        fired = rand(channels, given.nTimeMs) < rates / 1000;
        data.spikes = cat(1, data.spikes, reshape(uint8(fired), 1, channels, given.nTimeMs));
        data.true_rates = cat(1, data.true_rates, reshape(single(rates), 1, channels, given.nTimeMs));
        data.conditionId(end + 1, 1) = c;
      end
    end
    files{d} = fullfile(folder, sprintf('dataset%03d.mat', d));
    save(files{d}, 'data', '-v7');
  end
end

function number = between(range)
  number = range(1) + floor(rand() * (range(end) - range(1) + 1));
end

function latents = lorenz(conditions, steps)
%LORENZ  Euler steps of 0.006 from random places, after 500 that are left out; centred, of unit size.
  state = 10 * randn(3, conditions);
  latents = zeros(3, steps, conditions);
  for t = -499:steps
    x = state(1, :);
    y = state(2, :);
    z = state(3, :);
    state = state + 0.006 * [10 * (y - x); x .* (28 - z) - y; x .* y - 8 / 3 * z];
    if t >= 1
      latents(:, t, :) = state;
    end
  end
  flat = reshape(latents, 3, []);
  flat = flat - mean(flat, 2);
  flat = flat / max(abs(flat(:)));
  latents = reshape(flat, 3, steps, conditions);
end
