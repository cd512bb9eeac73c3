%% From counts to figures
% A population of 30 neurons whose rates follow the Lorenz system: spikes are counted, a network is trained on the
% counts, and what it infers of each trial is drawn. With the settings below that takes a few minutes on two cores.
%
% Before: addpath(FOLDER), where FOLDER is what `lfads matlab path` prints, and lfads.setup() once.

if ~exist('folder', 'var')
  folder = fullfile(pwd(), 'lorenz');  % everything is written there
end
if ~exist('settings', 'var')
  settings = {'preset', 'demo'};  % a short training; leave it out for a whole one
end
if ~exist('conditions', 'var')
  conditions = 0:64;  % all of the simulation, 20 trials each; fewer are trained on sooner
end
if ~exist(folder, 'dir')
  mkdir(folder);
end

%% Counts
% These are simulated, so that the truth is known. Yours are an array trial x time x neuron.
simulated = lfads.simulate('lorenz', fullfile(folder, 'simulated.h5'), 'overwrite', true);
truth = lfads.read_data(simulated);
chosen = ismember(truth.condition, conditions);
trials = struct();
trials.spikes = permute(truth.spikes(:, :, chosen), [3 2 1]);
trials.condition = truth.condition(chosen);

%% A data file
file = lfads.prepare(trials, fullfile(folder, 'counts.h5'), 'bin_width_s', 0.01, 'session', 'lorenz', ...
                     'overwrite', true);
lfads.show(file)

%% Training
% Ctrl-C ends it with a checkpoint, and run = lfads.resume(fullfile(folder, 'run')) goes on.
run_folder = fullfile(folder, 'run');
if exist(run_folder, 'dir')
  run = lfads.resume(run_folder);
else
  run = lfads.train(file, run_folder, settings{:});
end

%% What is inferred of each trial
% Rates are neuron x time x trial, in spikes/s; posterior.axes and posterior.units say so.
posterior = lfads.infer(run, 'overwrite', true);
scores = lfads.evaluate(run, 'no_baselines', true);
fprintf('validation: %.3f bits per spike\n', scores.splits.valid.bits_per_spike);

%% Figures
data = lfads.read_data(file);
lfads.plot_training(run);
print(gcf(), '-dpng', '-r110', fullfile(folder, 'training.png'));

lfads.plot_trial(posterior, 3, 'data', data);
print(gcf(), '-dpng', '-r110', fullfile(folder, 'trial.png'));

few = 1:min(5, numel(conditions));  % of all of them lines could not be told apart
lfads.plot_psth(posterior, 4, 'data', data, 'conditions', few);
print(gcf(), '-dpng', '-r110', fullfile(folder, 'psth.png'));

shown = find(ismember(posterior.condition, conditions(few)))';
lfads.plot_factors(posterior, 'trials', shown);
print(gcf(), '-dpng', '-r110', fullfile(folder, 'factors.png'));

lfads.plot_inputs(posterior, 'trials', shown);
print(gcf(), '-dpng', '-r110', fullfile(folder, 'inputs.png'));

%% Against the truth
% Inferred rates of the validation trials beside those that made the spikes.
valid = strcmp(posterior.split, 'valid');
inferred = double(reshape(posterior.rates_hz(:, :, valid), [], 1));
true_rates = truth.true_rates_hz(:, :, chosen);
true_rates = double(reshape(true_rates(:, :, valid), [], 1));
together = corrcoef(inferred, true_rates);
fprintf('correlation with the true rates: %.2f\n', together(1, 2));
