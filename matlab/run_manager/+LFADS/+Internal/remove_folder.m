function remove_folder(path)
%REMOVE_FOLDER  Remove a folder of results with all that is in it; without asking, as a script needs it.

  if isfolder(path)
    if lfads.internal.is_octave()
      before = confirm_recursive_rmdir(false);
      after = onCleanup(@() confirm_recursive_rmdir(before));
    end
    [removed, reason] = rmdir(path, 's');
    if ~removed
      error('lfads:file', 'cannot remove %s: %s', path, reason);
    end
  end
end
