function found = has_lfads(python)
%HAS_LFADS  Whether a Python runs and has lfads.

  is_path = any(python == '/') || any(python == '\');
  if is_path && ~lfads.internal.is_file(python)
    found = false;
    return
  end
  code = 'import importlib.util, sys; sys.exit(importlib.util.find_spec(''lfads'') is None)';
  found = lfads.internal.run_words({python, '-P', '-c', code}, true) == 0;
end
