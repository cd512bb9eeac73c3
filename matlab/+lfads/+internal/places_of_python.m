function places = places_of_python()
%PLACES_OF_PYTHON  Where a Python with lfads may be, the likeliest first.

  places = {};
  if ~isempty(getenv('LFADS_PYTHON'))
    places{end + 1} = getenv('LFADS_PYTHON');
  end
  toolbox = lfads.internal.toolbox_folder();
  % In an environment: ENV/lib/python3.x/site-packages/lfads/matlab/toolbox; on Windows ENV/Lib/site-packages/…
  for up = [5 6]
    environment = toolbox;
    for k = 1:up
      environment = fileparts(environment);
    end
    places{end + 1} = lfads.internal.python_of(environment);
  end
  places{end + 1} = lfads.internal.python_of(fullfile(fileparts(toolbox), '.venv'));
  places{end + 1} = lfads.internal.python_of(lfads.internal.own_environment());
  if ispc()
    places = [places, {'python'}];
  else
    places = [places, {'python3', 'python'}];
  end
end
