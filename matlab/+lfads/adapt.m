function adapted = adapt(run, data, out, varargin)
%ADAPT

  given = lfads.internal.named(varargin);
  given.run = lfads.internal.path_text(run, 'run');
  given.data = lfads.internal.path_texts(data, 'data');
  given.out = lfads.internal.path_text(out, 'out');
  [summary, ~, text] = lfads.internal.call('adapt', given);
  lfads.internal.said(text, nargout);
  if nargout > 0
    adapted = lfads.internal.run_of(given.out, summary);
  end
end
