function run = resume(run, varargin)
%RESUME

  given = lfads.internal.named(varargin);
  given.run = lfads.internal.path_text(run, 'run');
  if isfield(given, 'data')
    given.data = lfads.internal.path_texts(given.data, 'data');
  end
  [summary, ~, text] = lfads.internal.call('resume', given);
  lfads.internal.said(text, nargout);
  run = lfads.internal.run_of(given.run, summary);
end
