function run = train(data, out, varargin)
%TRAIN

  given = lfads.internal.named(varargin);
  given.data = lfads.internal.path_texts(data, 'data');
  given.out = lfads.internal.path_text(out, 'out');
  [summary, ~, text] = lfads.internal.call('train', given);
  lfads.internal.said(text, nargout);
  if nargout > 0
    run = lfads.internal.run_of(given.out, summary);
  end
end
