function [answer, text, given] = on_run(command, run, values)
%ON_RUN  A command on a run; 'data' and 'out' among the arguments are paths.

  given = lfads.internal.named(values);
  given.run = lfads.internal.path_text(run, 'run');
  if isfield(given, 'data')
    given.data = lfads.internal.path_texts(given.data, 'data');
  end
  if isfield(given, 'out')
    given.out = lfads.internal.path_text(given.out, 'out');
  end
  [answer, ~, text] = lfads.internal.call(command, given);
end
