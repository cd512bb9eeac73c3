function [status, said] = run_words(words, quiet)
%RUN_WORDS  Run a program. What it says is shown as it comes; quiet: it is given back. Gives the exit status.
%
%   Each word goes to the program as it is, whatever a shell would make of it.

  before = lfads.internal.without_own_libraries();
  restored = onCleanup(@() lfads.internal.set_variables(before));
  if ispc()
    nothing = 'NUL';
  else
    nothing = '/dev/null';
  end
  quoted = cellfun(@lfads.internal.shell_quoted, words, 'UniformOutput', false);
  line = [strjoin(quoted, ' ') ' < ' nothing ' 2>&1'];
  if lfads.internal.is_octave()
    if ispc()
      line = ['"' line '"'];  % its shell takes the outermost away
    end
    fflush(stdout);
  end
  if quiet
    [status, said] = system(line);
  else
    said = '';
    status = system(line);
  end
end
