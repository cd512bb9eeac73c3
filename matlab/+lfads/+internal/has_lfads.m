function [found, executable] = has_lfads(python)
%HAS_LFADS  Whether a Python runs and has lfads, and the file that it is: 'python3' is looked up by the shell.

  executable = python;
  is_path = any(python == '/') || any(python == '\');
  if is_path && ~lfads.internal.is_file(python)
    found = false;
    return
  end
  code = ['import importlib.util, sys; print(sys.executable); ' ...
          'sys.exit(importlib.util.find_spec(''lfads'') is None)'];
  [status, said] = lfads.internal.run_words({python, '-P', '-c', code}, true);
  found = status == 0;
  if found && ~is_path
    executable = strtrim(said);
  end
end
