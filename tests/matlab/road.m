function road()
%ROAD  The toolbox from setup to figures, in one process: one line a check, CHECK NAME ok or CHECK NAME failed: why.
%
%   LFADS_TOOLBOX and LFADS_FOLDER of the environment say where the toolbox is, and where to write.

  warning('off', 'all');
  addpath(getenv('LFADS_TOOLBOX'));
  addpath(fileparts(mfilename('fullpath')));
  set(0, 'defaultfigurevisible', 'off');
  cd(getenv('LFADS_FOLDER'));
  checks = {
    'setup', @setup_finds_and_remembers
    'arrays', @arrays_come_back_as_they_went
    'golden', @golden_files_are_read
    'large', @large_arrays_come_by_73
    'arguments', @arguments_travel_exactly
    'quoting', @no_shell_reads_what_is_given
    'example', @the_example_runs
    'counts', @counts_become_data
    'spike_times', @spike_times_become_data
    'structs', @structs_of_trials_become_data
    'posterior', @the_posterior_has_names
    'training', @the_course_of_a_training
    'analyse', @an_analysis_gives_arrays
    'report', @a_report_is_written
    'resume', @a_run_goes_on
    'search', @a_search_and_an_adapted_run
    'plots', @plots_draw_into_given_axes
    'mistakes', @mistakes_are_errors_with_identifiers
  };
  for k = 1:size(checks, 1)
    begun = tic();
    try
      checks{k, 2}();
      said = 'ok';
    catch problem
      said = sprintf('failed: %s (%s)', strrep(problem.message, sprintf('\n'), ' / '), problem.identifier);
      for s = 1:min(3, numel(problem.stack))
        said = sprintf('%s < %s:%d', said, problem.stack(s).name, problem.stack(s).line);
      end
    end
    fprintf('CHECK %s %s\n', checks{k, 1}, said);
    fprintf('TOOK %s %.1f s\n', checks{k, 1}, toc(begun));
  end
end


function setup_finds_and_remembers()
  found = lfads.setup();
  assert(isempty(found.missing));
  assert(~isempty(regexp(found.python_version, '^3\.', 'once')));
  lfads.setup('python', found.python);
  kept = jsondecode(fileread(getenv('LFADS_MATLAB_PREFERENCES')));
  assert(strcmp(kept.python, found.python));
  lfads.setup('python', '');
  fails('lfads:noPython', 'there is no Python at /nowhere', @() lfads.setup('python', '/nowhere'));
  fails('lfads:noPython', 'runs no Python that has lfads', @() lfads.setup('python', '/bin/ls'));
  fails('lfads:argument', 'there is no argument ''pyton''', @() lfads.setup('pyton', 'x'));
  fails('lfads:argument', 'got a value of class double', @() lfads.setup('python', 3));
  setenv('LFADS_MATLAB_PREFERENCES', fullfile(pwd(), 'broken.json'));
  broken = fopen('broken.json', 'w');
  fprintf(broken, '{');
  fclose(broken);
  fails('lfads:file', 'cannot be read', @() lfads.setup());
  setenv('LFADS_MATLAB_PREFERENCES', fullfile(pwd(), 'preferences.json'));
  lfads.setup('python', found.python);
end


function arrays_come_back_as_they_went()
  sent = expected_values();
  sent.accented = ['h' char([195 169])];
  [~, got] = lfads.internal.call('echo', struct(), sent);
  names = fieldnames(sent);
  for k = 1:numel(names)
    assert(same_values(sent.(names{k}), got.(names{k})), names{k});
  end
  left = dir(fullfile(tempdir(), 'oct-*'));
  assert(~any([left.isdir]));
end


function golden_files_are_read()
  values = expected_values();
  folder = fullfile(fileparts(mfilename('fullpath')), 'golden');
  older = load(fullfile(folder, 'python_v7.mat'));
  names = fieldnames(values);
  for k = 1:numel(names)
    assert(same_values(values.(names{k}), older.(names{k})), names{k});
  end
  newer = load(fullfile(folder, 'python_v73.mat'));
  names = fieldnames(newer);
  assert(numel(names) == 6);
  for k = 1:numel(names)
    assert(isequal(double(newer.(names{k})), double(values.(names{k}))), names{k});
  end
end


function large_arrays_come_by_73()
  sent = struct('large', single(reshape(1:6000, [10 20 30])), 'inside', struct('flags', rand(40, 40) > 0.5));
  sent.small = int16(3);
  setenv('LFADS_MATLAB_MOST_BYTES', '1000');
  [~, got] = lfads.internal.call('echo', struct(), sent);
  setenv('LFADS_MATLAB_MOST_BYTES', '');
  assert(same_values(sent, got));
end


function arguments_travel_exactly()
  given = struct('number', 0.1, 'many', [1 -2.5 Inf], 'flag', true, 'text', 'a b', 'none', {{}}, 'one', {{'x'}});
  given.table = struct('exact', pi, 'whole', int64(2)^60);
  answer = lfads.internal.call('echo', given);
  got = answer.arguments;
  assert(strcmp(got.number, '0.1') && str2double(got.table.exact) == pi);
  assert(isequal(got.many(:)', {'1', '-2.5', 'inf'}) && isequal(got.one, {'x'}));
  assert(isequal(got.flag, true) && isempty(got.none) && strcmp(got.table.whole, '1152921504606846976'));
end


function no_shell_reads_what_is_given()
  name = 'odd $(touch hacked) `touch hacked` ''quoted'' & ; name';
  mkdir(name);
  file = fullfile(pwd(), name, 'data.h5');
  lfads.simulate('oscillation', file);
  data = lfads.read_data(file);
  assert(data.sizes.trial > 0 && exist('hacked', 'file') == 0);
end


function the_example_runs()
  folder = fullfile(pwd(), 'example');
  settings = [tiny(2), {'seed', 1}];
  conditions = 0:3;
  run(fullfile(getenv('LFADS_TOOLBOX'), 'examples', 'lorenz.m'));
  assert(strcmp(scores.session, 'lorenz') && isfinite(scores.splits.valid.nll_per_sample));
  names = {'training', 'trial', 'psth', 'factors', 'inputs'};
  for k = 1:numel(names)
    picture = imread(fullfile(folder, [names{k} '.png']));
    assert(std(double(picture(:))) > 1, names{k});
  end
end


function counts_become_data()
  counts = some_counts();
  lfads.prepare(counts, 'counts.h5', 'bin_width_s', 0.02);
  data = lfads.read_data('counts.h5');
  assert(isequal(double(data.spikes), permute(counts, [3 2 1])));
  assert(isequal(data.axes.spikes, {'neuron'; 'time'; 'trial'}) && data.sizes.trial == 12);
  lfads.prepare(permute(counts, [2 3 1]), 'turned.h5', 'bin_width_s', 0.02, 'axes', {'time', 'neuron', 'trial'});
  turned = lfads.read_data('turned.h5');
  assert(isequal(turned.spikes, data.spikes));
  file = lfads.prepare(counts(:, :, 1), 'one.h5', 'bin_width_s', 0.02, 'session', 'monday');
  assert(strcmp(file, fullfile(pwd(), 'one.h5')));
  [one, names] = lfads.read_data('one.h5');
  assert(one.sizes.neuron == 1 && strcmp(names{1}, 'monday'));
  seen = lfads.show(counts, 'session', 'tuesday');
  assert(~isempty(fieldnames(seen)));
end


function spike_times_become_data()
  data = struct();
  data.spike_times = {(0.005:0.1:19.9), (0.055:0.1:19.9)', 0.5};
  data.trials = struct('start_time', 0:19, 'stop_time', 1:20, 'side', {repmat({'left', 'right'}, 1, 10)});
  lfads.prepare(data, 'times.h5', 'bin_width_s', 0.1, 'conditions', 'side', 'hold_out_neurons', 0);
  got = lfads.read_data('times.h5');
  assert(isequal([got.sizes.neuron got.sizes.time got.sizes.trial], [3 10 20]));
  assert(isequal(got.condition(1:2), {'left'; 'right'}) && all(all(got.spikes(1, :, 2:19) == 1)));
  fails('lfads:mistake', 'trials-by-units', ...
        @() lfads.prepare(repmat({0.1}, 5, 3), 'x.h5', 'bin_width_s', 0.1));
end


function structs_of_trials_become_data()
  counts = some_counts();
  trials = struct('spikes', {}, 'rt', {});
  for k = 1:12
    trials(k).spikes = squeeze(counts(k, :, :))';
    trials(k).rt = k / 10;
  end
  lfads.prepare(trials, 'structs.h5', 'bin_width_s', 0.02);
  got = lfads.read_data('structs.h5');
  assert(isequal(double(got.spikes), permute(counts, [3 2 1])));
  assert(max(abs(got.rt(:) - (1:12)' / 10)) < 1e-6);
end


function the_posterior_has_names()
  posterior = lfads.read_posterior(fullfile('example', 'run'));
  sizes = [posterior.sizes.neuron, posterior.sizes.time, posterior.sizes.trial];
  assert(isequal(size(posterior.rates_hz), sizes) && isequal(sizes, [30 100 80]));
  assert(strcmp(posterior.units.rates_hz, 'spikes/s') && isequal(posterior.axes.factors{1}, 'factor'));
  assert(min(posterior.trial_index) == 1 && isequal(posterior.counted_from_1, {'trial_index'}));
  assert(abs(posterior.time_s(2) - posterior.time_s(1) - 0.01) < 1e-9);
  assert(any(strcmp(posterior.split, 'valid')) && all(posterior.rates_hz(:) > 0));
end


function the_course_of_a_training()
  [training, summary] = lfads.read_training(fullfile('example', 'run'));
  assert(isequal(training.epoch, [1; 2]) && all(isfinite(training.valid_nll)));
  assert(strcmp(summary.stopped_by, 'num_epochs') && summary.best_epoch >= 1);
end


function an_analysis_gives_arrays()
  [found, arrays] = lfads.analyse(fullfile('example', 'run'), 'psth');
  assert(strcmp(found.analysis, 'psth') && isstruct(arrays) && isfield(arrays, 'axes'));
  fails('lfads:mistake', 'no_such', @() lfads.analyse(fullfile('example', 'run'), 'psth', 'no_such', 3));
end


function a_report_is_written()
  lfads.prepare(some_counts(), 'small.h5', 'bin_width_s', 0.02, 'overwrite', true);
  settings = tiny(2);
  lfads.train('small.h5', 'small run', settings{:});
  file = lfads.report('small run', 'open', false, 'no_baselines', true, 'num_samples', 2);
  page = fileread(file);
  assert(~isempty(strfind(page(1:200), '<!DOCTYPE html>')) || ~isempty(strfind(lower(page(1:200)), '<!doctype')));
end


function a_run_goes_on()
  run = lfads.resume('small run', 'training.num_epochs', 3);
  assert(run.summary.epochs == 3 && strcmp(run.folder, fullfile(pwd(), 'small run')));
end


function a_search_and_an_adapted_run()
  settings = [tiny(2), {'population', 2, 'search', struct('num_generations', 1, 'epochs_per_generation', 1)}];
  found = lfads.search('small.h5', 'found', settings{:});
  assert(strcmp(found.summary.stopped_by, 'num_generations'));
  counts = some_counts();
  lfads.prepare(counts(:, :, [1 2 3 1 2]), 'other.h5', 'bin_width_s', 0.02, 'session', 'other');
  adapted = lfads.adapt('small run', 'other.h5', 'adapted', 'num_epochs', 1);
  assert(adapted.summary.epochs == 1);
  again = lfads.resume(adapted, 'num_epochs', 2);
  assert(again.summary.epochs == 2);
end


function plots_draw_into_given_axes()
  posterior = lfads.read_posterior(fullfile('example', 'run'));
  posterior.rates_hz(:, 60:end, 2) = NaN;
  figure();
  first = subplot(2, 2, 1);
  second = subplot(2, 2, 2);
  third = subplot(2, 2, 3);
  assert(isequal(lfads.plot_trial(posterior, 2, 'axes', first), first));
  assert(isequal(lfads.plot_factors(posterior, 'factors', [2 1], 'axes', [second third]), [second third]));
  assert(strcmp(get(get(second, 'YLabel'), 'String'), 'factor 2'));
  own = lfads.plot_factors(posterior, 'space', true, 'factors', [1 2]);
  assert(~isempty(get(own, 'Children')));
  labels = lfads.plot_psth(posterior, 1);
  assert(strcmp(get(get(labels, 'YLabel'), 'String'), 'rate (spikes/s)'));
  bare = rmfield(posterior, 'inferred_inputs');
  fails('lfads:argument', 'trained without', @() lfads.plot_inputs(bare));
  fails('lfads:argument', 'from 1 to 80', @() lfads.plot_trial(posterior, 81));
  fails('lfads:argument', 'from 1 to 30', @() lfads.plot_psth(posterior, 0));
  fails('lfads:argument', 'must be a struct with rates_hz', @() lfads.plot_psth(3, 1));
  fails('lfads:argument', 'must be 2 axes', @() lfads.plot_factors(posterior, 'factors', 1:2, 'axes', first));
  fails('lfads:argument', 'there is no argument ''colour''', @() lfads.plot_inputs(posterior, 'colour', 1));
  fails('lfads:argument', 'two or three factors', @() lfads.plot_factors(posterior, 'space', true, 'factors', 1));
  close('all');
end


function mistakes_are_errors_with_identifiers()
  fails('lfads:mistake', 'there is no such file', @() lfads.show('nowhere.h5'));
  fails('lfads:mistake', 'Did you mean `num_epochs`', @() lfads.train('small.h5', 'x', 'num_epoch', 3));
  fails('lfads:mistake', 'num_epochs', @() lfads.train('small.h5', 'x', 'num_epochs', -1));
  fails('lfads:mistake', '''overwrite'', true', @() lfads.simulate('lorenz', 'small.h5'));
  fails('lfads:mistake', 'lfads.train', @() lfads.infer('nowhere'));
  fails('lfads:mistake', 'nothing to resume', @() lfads.resume('nowhere'));
  fails('lfads:mistake', 'holds no posterior.nc yet: `lfads.infer', @() lfads.read_posterior('found'));
  fails('lfads:mistake', '`spikes`', @() lfads.prepare(-ones(5, 4, 2), 'x.h5', 'bin_width_s', 0.02));
  fails('lfads:argument', 'complex numbers', @() lfads.prepare(1i * ones(5, 4, 2), 'x.h5', 'bin_width_s', 0.02));
  fails('lfads:argument', 'must name trial, time and neuron', ...
        @() lfads.prepare(ones(5, 4, 2), 'x.h5', 'bin_width_s', 0.02, 'axes', {'trial', 'time'}));
  fails('lfads:argument', '''counts_bin_width_s'' must be one number', ...
        @() lfads.prepare(ones(5, 4, 2), 'x.h5', 'bin_width_s', 0.02, 'counts_bin_width_s', '10 ms'));
  fails('lfads:argument', 'of class function_handle', @() lfads.prepare(@sin, 'x.h5', 'bin_width_s', 0.02));
  fails('lfads:argument', 'has no value', @() lfads.train('small.h5', 'x', 'seed'));
  fails('lfads:argument', 'expected the name of an argument', @() lfads.train('small.h5', 'x', 3, 4));
  fails('lfads:argument', 'must be the path of a file or folder', @() lfads.infer(3));
  fails('lfads:argument', 'letters, digits and _', @() lfads.train('small.h5', 'x', 'a b', 3));
  fails('lfads:argument', 'must be real', @() lfads.train('small.h5', 'x', 'seed', 1i));
  fails('lfads:argument', 'one line of text', @() lfads.train('small.h5', 'x', 'preset', ['ab'; 'cd']));
  assert(exist('x', 'dir') == 0 && exist('x.h5', 'file') == 0);
end


function fails(identifier, said, call)
  try
    call();
  catch problem
    assert(strcmp(problem.identifier, identifier), [problem.identifier ': ' problem.message]);
    assert(~isempty(strfind(problem.message, said)), problem.message);
    return
  end
  error('road:noError', 'nothing was refused where this was to be said: %s', said);
end


function counts = some_counts()
  counts = mod(reshape(floor(1000 * abs(sin(1:12 * 9 * 4))), [12 9 4]), 3);
  counts(counts == 2) = 0;
end


function settings = tiny(num_epochs)
  model = struct('num_factors', 2, 'generator_size', 4, 'encoder_size', 3, 'controller_size', 3, ...
                 'initial_condition_size', 2);
  training = struct('num_epochs', num_epochs, 'batch_size', 4, 'ramp_epochs', 1, 'num_shards', 1);
  settings = {'model', model, 'training', training};
end
