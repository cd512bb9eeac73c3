function python = python_of(environment)
%PYTHON_OF  The Python of a virtual environment.

  if ispc()
    python = fullfile(environment, 'Scripts', 'python.exe');
  else
    python = fullfile(environment, 'bin', 'python');
  end
end
