function path = absolute(path)
%ABSOLUTE  A path from the root, with ~ as the home folder.

  path = char(path);
  if strcmp(path, '~') || strncmp(path, '~/', 2)
    path = [lfads.internal.home_folder() path(2:end)];
  end
  rooted = strncmp(path, '/', 1) || strncmp(path, '\', 1) || ~isempty(regexp(path, '^[A-Za-z]:', 'once'));
  if ~rooted
    path = fullfile(pwd(), path);
  end
end
