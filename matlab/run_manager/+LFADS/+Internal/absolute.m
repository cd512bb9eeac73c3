function path = absolute(path)
%ABSOLUTE  A path from the root, with ~ as the home folder.

  path = char(path);
  if strcmp(path, '~') || strncmp(path, '~/', 2)
    path = [lfads.internal.home_folder() path(2:end)];
  end
  path = lfads.internal.absolute(path);
end
