function run = resume(run, varargin)
%RESUME  Go on with a training or search that was stopped.
%
%  RUN = LFADS.RESUME(RUN, NAME, VALUE, ...)
%
%  It takes the same course as if it had never been stopped. What began it, lfads.train, lfads.search or
%  lfads.adapt, and its data are known to the run.
%
%  RUN                     The run: its folder, or what lfads.train gives.
%
%  'data'                  Where the data files are, if they have moved.
%  'training.num_epochs'   A longer training; for a search 'search.num_generations'.
%  'training.max_hours'    Another budget of time; for a search 'search.max_hours'.
%
%  RUN is a struct: folder, and summary.
%
%  See also lfads.train, lfads.search, lfads.adapt

  given = lfads.internal.named(varargin);
  given.run = lfads.internal.path_text(run, 'run');
  if isfield(given, 'data')
    given.data = lfads.internal.path_texts(given.data, 'data');
  end
  [summary, ~, text] = lfads.internal.call('resume', given);
  lfads.internal.said(text, nargout);
  run = lfads.internal.run_of(given.run, summary);
end
