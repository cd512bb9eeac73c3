function found = setup(varargin)
%SETUP  Find the Python that the toolbox calls, or have one made, and say what is missing.
%
%   LFADS.SETUP()
%   LFADS.SETUP('python', '/path/to/python')
%   LFADS.SETUP('install', true)
%   FOUND = LFADS.SETUP(...)
%
%   Without arguments: looks for a Python that has lfads, and says what there is. The toolbox does so by itself the
%   first time that it is needed; looked at, in this order: what an earlier lfads.setup was told, the variable
%   LFADS_PYTHON of the environment, the environment or checkout that the toolbox lies in, the environment that
%   'install' makes, and python3.
%
%   'python'   the Python to call: the file, or the folder of a virtual environment. It is remembered in
%              .lfads/matlab.json in the home folder; '' forgets it
%   'install'  true makes a virtual environment in .lfads/environment in the home folder, and installs lfads there
%              by pip; this takes minutes and needs a network
%   'package'  what pip installs: lfads by default; a wheel, the folder of a checkout, or 'lfads[cuda12]' for a GPU
%
%   FOUND has the fields python, version (of lfads), python_version, and missing (a cell of text; empty if
%   nothing is).
%
%   See also lfads.simulate, lfads.train

  given = lfads.internal.named(varargin);
  [python, given] = lfads.internal.taken(given, 'python', []);
  [install, given] = lfads.internal.taken(given, 'install', false);
  [package, given] = lfads.internal.taken(given, 'package', 'lfads');
  left = fieldnames(given);
  if ~isempty(left)
    error('lfads:argument', 'there is no argument ''%s''; there are ''python'', ''install'', ''package''', left{1});
  end
  if isa(python, 'string')
    python = char(python);
  end
  if install
    python = lfads.internal.make_environment(char(package));
  end
  if ischar(python) || ~isempty(python)
    remember(python);
  end
  lfads.internal.chosen_python('');
  answer = lfads.internal.about_python(lfads.internal.chosen_python());
  if nargout > 0
    found = answer;
    return
  end
  fprintf('lfads %s, Python %s: %s\n', answer.version, answer.python_version, answer.python);
  for k = 1:numel(answer.missing)
    fprintf('  missing: %s\n', answer.missing{k});
  end
end


function remember(python)
  kept = lfads.internal.remembered();
  if isempty(python)
    if isfield(kept, 'python')
      kept = rmfield(kept, 'python');
    end
    lfads.internal.remembered(kept);
    return
  end
  python = lfads.internal.absolute(lfads.internal.path_text(python, 'python'));
  if exist(python, 'dir') == 7
    python = lfads.internal.python_of(python);
  end
  if ~lfads.internal.is_file(python)
    error('lfads:noPython', 'there is no Python at %s: give the file, or the folder of a virtual environment', python);
  end
  if ~lfads.internal.has_lfads(python)
    error('lfads:noPython', ...
          '%s runs no Python that has lfads: install it there, "%s" -m pip install lfads, or name another', ...
          python, python);
  end
  kept.python = python;
  lfads.internal.remembered(kept);
end
