function run = search(data, out, varargin)
%SEARCH

  given = lfads.internal.named(varargin);
  given.data = lfads.internal.path_texts(data, 'data');
  given.out = lfads.internal.path_text(out, 'out');
  [summary, ~, text] = lfads.internal.call('search', given);
  lfads.internal.said(text, nargout);
  if nargout > 0
    run = lfads.internal.run_of(given.out, summary);
  end
end
