function before = without_own_libraries()
%WITHOUT_OWN_LIBRARIES  Let Python find its own libraries, not MATLAB's; gives what was set before.

  names = {'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'PYTHONPATH', 'PYTHONHOME', 'PYTHONUNBUFFERED'};
  before = struct();
  for k = 1:numel(names)
    before.(names{k}) = getenv(names{k});
  end
  if ~lfads.internal.is_octave()
    for k = 1:2
      kept = strsplit(getenv(names{k}), pathsep());
      kept = kept(~strncmp(kept, matlabroot(), numel(matlabroot())));
      setenv(names{k}, strjoin(kept, pathsep()));
    end
  end
  setenv('PYTHONPATH', '');
  setenv('PYTHONHOME', '');
  setenv('PYTHONUNBUFFERED', '1');
end
