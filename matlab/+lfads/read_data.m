function [data, session_names] = read_data(path, varargin)
%READ_DATA  Read a data file: counts or signals, and what stands beside them, with named dimensions.
%
%  DATA = LFADS.READ_DATA(PATH, NAME, VALUE, ...)
%  [DATA, SESSION_NAMES] = LFADS.READ_DATA(PATH, NAME, VALUE, ...)
%
%  PATH                    A data file.
%
%  'bin_width_s'           Width of a bin in seconds, for files that do not say it.
%  'session'               Which session, of a file of several; all of them by default.
%
%  DATA is a struct as lfads.read_posterior gives it: spikes or signals (neuron x time x trial),
%  external_inputs, behavior_NAME, what a simulation knows (true_rates_hz, true_latents), time_s, split,
%  condition and the columns of trials and neurons, with axes, units and sizes. Of several sessions, a struct
%  with a field for each.
%
%  See also lfads.prepare, lfads.show, lfads.read_posterior

  given = lfads.internal.named(varargin);
  given.path = lfads.internal.path_text(path, 'path');
  [answer, arrays] = lfads.internal.call('read-data', given);
  [data, session_names] = lfads.internal.by_session(answer, arrays.posterior);
end
