function [status, said] = run_python(python, words, quiet)
%RUN_PYTHON  Run `python -m lfads WORDS`, as RUN_WORDS runs a program.

  if nargin < 3
    quiet = false;
  end
  [status, said] = lfads.internal.run_words([{python, '-P', '-m', 'lfads'}, words], quiet);
end
