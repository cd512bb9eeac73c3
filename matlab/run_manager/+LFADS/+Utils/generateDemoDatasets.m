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
  before = rng();
  restored = onCleanup(@() rng(before));
  rng(given.seed);
  latents = lorenz(given.nConditions, given.nTimeMs);
  files = cell(1, given.nDatasets);
  for d = 1:given.nDatasets
    channels = between(given.nChannels);
    weights = (1 + rand(channels, 3)) .* sign(rand(channels, 3) - 0.5);
    trials = arrayfun(@(c) between(given.nTrialsPerCondition), 1:given.nConditions);
    condition = repelem((1:given.nConditions)', trials(:));
    spikes = zeros(numel(condition), channels, given.nTimeMs, 'uint8');
    true_rates = zeros(numel(condition), channels, given.nTimeMs, 'single');
    for k = 1:numel(condition)
      rates = 5 * exp(weights * latents(:, :, condition(k)));
      fired = rand(channels, given.nTimeMs) < rates / 1000;
      spikes(k, :, :) = reshape(fired, 1, channels, given.nTimeMs);
      true_rates(k, :, :) = reshape(rates, 1, channels, given.nTimeMs);
    end
    data = struct('spikes', spikes, 'timeMs', 0:given.nTimeMs - 1, 'conditionId', condition, ...
                  'true_rates', true_rates, 'subject', 'lorenz', 'datetime', datestr(730000 + d, 'yyyy-mm-dd'));
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
