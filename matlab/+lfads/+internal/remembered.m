function kept = remembered(changed)
%REMEMBERED  What lfads.setup remembers, as a struct; with an argument, that is remembered.
%
%   The file is LFADS_MATLAB_PREFERENCES of the environment, or .lfads/matlab.json in the home folder.

  file = getenv('LFADS_MATLAB_PREFERENCES');
  if isempty(file)
    file = fullfile(lfads.internal.home_folder(), '.lfads', 'matlab.json');
  end
  if nargin > 0
    folder = fileparts(file);
    if ~isempty(folder) && ~exist(folder, 'dir')
      [made, reason] = mkdir(folder);
      if ~made
        error('lfads:file', 'cannot make the folder %s: %s', folder, reason);
      end
    end
    lfads.internal.write_text(file, jsonencode(changed));
  end
  kept = struct();
  if lfads.internal.is_file(file)
    try
      kept = jsondecode(fileread(file));
    catch problem
      error('lfads:file', 'the preferences in %s cannot be read (%s): remove the file', file, problem.message);
    end
  end
end
