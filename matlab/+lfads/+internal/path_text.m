function path = path_text(path, what)
%PATH_TEXT  A path as text; the folder of a run for what lfads.train and its like give back.

  if isa(path, 'string') && numel(path) == 1
    path = char(path);
  end
  if isstruct(path) && numel(path) == 1 && isfield(path, 'folder')
    path = path.folder;
  elseif isobject(path) && any(strcmp(properties(path), 'folder'))
    path = path.folder;
  end
  if ~ischar(path) || isempty(path) || size(path, 1) > 1
    error('lfads:argument', '%s must be the path of a file or folder as text; got a value of class %s', ...
          what, class(path));
  end
  if strncmp(path, '~/', 2) || strncmp(path, '~\', 2)
    path = fullfile(lfads.internal.home_folder(), path(3:end));
  end
end
