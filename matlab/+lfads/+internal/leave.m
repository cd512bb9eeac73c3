function leave(folder)
%LEAVE  Remove the folder of a call; where Python still works, ask it to end and to remove it.

  if ~exist(folder, 'dir')
    return
  end
  if ~lfads.internal.is_file(fullfile(folder, 'reply.json')) && ...
      lfads.internal.is_file(fullfile(folder, 'started'))
    id = fopen(fullfile(folder, 'stop'), 'w');
    if id >= 0
      fclose(id);
    end
    return
  end
  listed = dir(folder);
  for k = 1:numel(listed)
    if ~listed(k).isdir
      delete(fullfile(folder, listed(k).name));
    end
  end
  rmdir(folder);
end
