function file = prepare(source, out, varargin)
%PREPARE

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
