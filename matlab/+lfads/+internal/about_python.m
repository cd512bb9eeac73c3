function about = about_python(python)
%ABOUT_PYTHON  Versions of a Python and of its lfads, and what is missing.

  code = ['import sys, json, importlib.metadata as m; from lfads.matlab.request import FORMAT_VERSION as f; ' ...
          'print(json.dumps(dict(python=sys.version.split()[0], lfads=m.version("lfads"), exchange=f)))'];
  [status, said] = lfads.internal.run_words({python, '-P', '-c', strrep(code, '"', '''')}, true);
  about = struct('python', python, 'version', '', 'python_version', '');
  about.missing = {};
  if status ~= 0
    about.missing = {sprintf('%s does not run lfads: %s', python, strtrim(said))};
    return
  end
  lines = strsplit(strtrim(said), sprintf('\n'));
  found = jsondecode(lines{end});
  about.version = found.lfads;
  about.python_version = found.python;
  if found.exchange ~= 1
    about.missing = {sprintf('the lfads of %s speaks version %d of the exchange, this toolbox version 1', ...
                             python, found.exchange)};
  end
end
