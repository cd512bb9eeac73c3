function contents = show(source, varargin)
%SHOW

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
