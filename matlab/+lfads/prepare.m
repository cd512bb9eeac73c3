function file = prepare(source, out, varargin)
%PREPARE  Cut trials of counts or signals from a recording; `lfads.show(SOURCE)` prints what can be chosen.
%
%  FILE = LFADS.PREPARE(SOURCE, OUT, 'bin_width_s', WIDTH, NAME, VALUE, ...)
%
%  SOURCE is one of these:
%
%  - a file: NWB (also at an address), MATLAB, .npz, or the folder of a sorter;
%
%  - counts, an array trial x time x neuron of whole numbers, in bins of 'bin_width_s'; axes in another order
%  are named by 'axes';
%
%  - a cell of spike times, a vector of seconds for each neuron on one clock: a struct with the fields
%  spike_times (the cell) and trials (a struct of columns such as start_time) says where trials are; or a cell
%  trial x neuron, each from the start of its trial ('layout', 'trials-by-units');
%
%  - an array of structs, one a trial, with a matrix of counts or a cell of spike times in one field; scalar
%  fields become columns of the trials;
%
%  - a struct whose fields are the variables that a MAT-file would hold: spikes or signals (trial x time x
%  neuron) with condition, split, trial_length, external_inputs, behavior (a struct of arrays trial x time x
%  channel), trial_table, neuron_table; or spike_times with units, trials, events, series.
%
%  SOURCE                  What to cut trials from, as above.
%  OUT                     HDF5 file to write.
%
%  'axes'                  Order of the axes of counts and signals, {'trial', 'time', 'neuron'} by default.
%  'counts_bin_width_s'    Width of the bins that the counts are in, if 'bin_width_s' shall be wider.
%  'session'               Name of the session, for arrays: 'session' by default.
%  'bin_width_s'           Width of a bin in seconds. [number]
%  'align_to'              Trial column of times, TABLE/COLUMN of another table, or events, that each trial is
%                          aligned to. [text]
%  'window_s'              Start and end of each trial relative to that, such as -0.2 0.6. [numbers]
%  'relative_to_trial'     Times of 'align_to' count from the start of their trial. [true or false]
%  'conditions'            Trial columns that together label the condition. [text, or a cell of text]
%  'behavior'              Series to bring onto the bins, such as hand_vel. [text, or a cell of text]
%  'overwrite'             Replace a file that is there already. [true or false]
%
%  Without an event: trials as they were, or windows
%  'chop_s'                Instead of trials: cut everything that was recorded into windows of so many seconds.
%                          [number]
%  'overlap_s'             That a window shares with the next; a fifth of it by default. [number]
%  'start'                 Without 'align_to': trial column of the time at which trials begin. [text; default:
%                          start_time]
%  'stop'                  Without 'align_to': trial column of the time at which trials end. [text; default:
%                          stop_time]
%
%  What is taken of the recording
%  'trials'                Filter over trial columns, such as 'split == "train" and reaction_time < 0.8'.
%                          [text]
%  'units'                 Filter over unit columns, such as 'location == "M1"'. [text]
%  'min_rate_hz'           Leave out units that fire less in the trials. [number; default: 0]
%  'signals'               Series to model instead of spikes: fluorescence, field potentials, envelopes of
%                          muscles. [text, or a cell of text]
%  'deconvolve'            The signals are fluorescence: model the events behind it. [true or false]
%  'decay_s'               Time constant of calcium in seconds; estimated for each channel by default. [number]
%  'with_spikes'           Model spikes beside the signals. [true or false]
%  'read_outs'             Series to model beside the others without ever encoding them: behaviour that factors
%                          are to tell. [text, or a cell of text]
%  'inputs'                Series that drive the dynamics from outside. [text, or a cell of text]
%  'input_events'          Events, or trial columns of times, that do: counts per bin. [text, or a cell of
%                          text]
%
%  What validates, tests, and is held out
%  'split_by'              trial: validation and test trials are spread over the session and each condition;
%                          block: they are its end. ['trial' or 'block'; default: trial]
%  'valid'                 Share of the trials that validate. [number; default: 0.2]
%  'test'                  Share of the trials that training never sees. [number; default: 0]
%  'test_conditions'       Conditions whose trials all test. [text, or a cell of text]
%  'hold_out_neurons'      Share of the neurons that are reconstructed but never encoded. [number; default: 0]
%  'forward_s'             The last seconds of each trial are predicted, never encoded. [number; default: 0]
%
%  How the file is read
%  'layout'                Which layout a file has, where several suit: the message that asks for it lists
%                          them. [text]
%  'trials_table'          Table of intervals that holds the trials, where a file has several. [text]
%  'units_table'           Table that holds the units, where a file has several. [text]
%  'time_unit'             Unit of spike times, and of all others unless 'trial_time_unit' says another; s by
%                          default. ['s' or 'ms' or 'us' or 'samples']
%  'trial_time_unit'       Unit of times of trials and events, where it differs from that of spikes. ['s' or
%                          'ms' or 'us' or 'samples']
%  'sampling_rate_hz'      Samples per second, for times in samples and for rasters. [number]
%
%  FILE is the file that was written: lfads.train takes it, lfads.read_data reads it.
%
%  Example
%    lfads.prepare(counts, 'monday.h5', 'bin_width_s', 0.01, 'session', 'monday');
%
%    data.spike_times = {times_of_unit_1, times_of_unit_2};   % seconds
%    data.trials = struct('go_time', go_time, 'side', {side});
%    lfads.prepare(data, 'tuesday.h5', 'bin_width_s', 0.01, 'align_to', 'go_time', ...
%                  'window_s', [-0.2 0.6], 'conditions', 'side');
%
%  See also lfads.show, lfads.read_data, lfads.train

  given = lfads.internal.named(varargin);
  [arrays, given] = lfads.internal.source_arrays(source, given);
  if isempty(fieldnames(arrays))
    given.source = lfads.internal.path_text(source, 'source');
  end
  given.out = lfads.internal.path_text(out, 'out');
  [answer, ~, text] = lfads.internal.call('prepare', given, arrays);
  lfads.internal.said(text, nargout);
  if nargout > 0
    file = lfads.internal.absolute(answer.out);
  end
end
