function path = absolute(path)
%ABSOLUTE  A path that stays right when the working folder changes; addresses as they are.

  is_absolute = strncmp(path, '/', 1) || strncmp(path, '\\', 2) || ~isempty(regexp(path, '^[A-Za-z]:[\\/]', 'once'));
  is_address = ~isempty(regexp(path, '^[A-Za-z][A-Za-z0-9+.-]+://', 'once'));
  if ~is_absolute && ~is_address
    path = fullfile(pwd(), path);
  end
end
