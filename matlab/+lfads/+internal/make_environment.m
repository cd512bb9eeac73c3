function python = make_environment(package)
%MAKE_ENVIRONMENT  Make the toolbox's own virtual environment, and install lfads in it; gives its Python.

  folder = lfads.internal.own_environment();
  python = lfads.internal.python_of(folder);
  if ~lfads.internal.is_file(python)
    base = suitable_python();
    fprintf('making a virtual environment in %s\n', folder);
    if lfads.internal.run_words({base, '-m', 'venv', folder}, false) ~= 0
      error('lfads:noPython', '%s could not make a virtual environment in %s; what it said stands above', base, folder);
    end
  end
  fprintf('installing %s\n', package);
  if lfads.internal.run_words({python, '-m', 'pip', 'install', '--upgrade', package}, false) ~= 0
    error('lfads:noPython', 'pip could not install %s; what it said stands above', package);
  end
end


function python = suitable_python()
  code = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))';
  names = {'python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'};
  for k = 1:numel(names)
    if lfads.internal.run_words({names{k}, '-c', code}, true) == 0
      python = names{k};
      return
    end
  end
  error('lfads:noPython', ...
        'no Python 3.11 or newer that makes virtual environments was found: install one from python.org');
end
