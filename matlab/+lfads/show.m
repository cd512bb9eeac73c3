function contents = show(source, varargin)
%SHOW  Print what a data file, a recording or a run holds.
%
%  LFADS.SHOW(SOURCE, NAME, VALUE, ...)
%  CONTENTS = LFADS.SHOW(SOURCE, NAME, VALUE, ...)
%
%  SOURCE                  A data file, a recording (NWB, .mat, .npz, the folder of a sorter), a run, or arrays
%                          as lfads.prepare takes them.
%
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
%  CONTENTS is what is shown, as a struct.
%
%  See also lfads.prepare, lfads.read_data

  given = lfads.internal.named(varargin);
  [arrays, given] = lfads.internal.source_arrays(source, given);
  if isempty(fieldnames(arrays)) || (isstruct(source) && isfield(source, 'folder'))
    arrays = struct();
    given.path = lfads.internal.path_text(source, 'source');
  end
  [answer, ~, text] = lfads.internal.call('show', given, arrays);
  lfads.internal.said(text, nargout);
  if nargout > 0
    contents = answer;
  end
end
