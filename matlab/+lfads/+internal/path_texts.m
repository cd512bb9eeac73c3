function paths = path_texts(paths, what)
%PATH_TEXTS  One path or several as a cell of text.

  if isa(paths, 'string')
    paths = cellstr(paths);
  end
  if ~iscell(paths)
    paths = {paths};
  end
  for k = 1:numel(paths)
    paths{k} = lfads.internal.path_text(paths{k}, what);
  end
end
