function make_folder(path)
%MAKE_FOLDER  Make a folder, and those above it, where it is not there.

  if ~isfolder(path)
    [made, reason] = mkdir(path);
    if ~made
      error('lfads:file', 'cannot make the folder %s: %s', path, reason);
    end
  end
end
