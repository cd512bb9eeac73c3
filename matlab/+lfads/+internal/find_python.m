function [found, looked] = find_python()
%FIND_PYTHON  A Python that has lfads; an error that says where it was looked for, if there is none.
%
%   In this order: what lfads.setup remembers, the variable LFADS_PYTHON of the environment, the environment that
%   the toolbox lies in, that of the checkout, that which lfads.setup makes, and what the shell finds.

  preferences = lfads.internal.remembered();
  if isfield(preferences, 'python') && lfads.internal.is_file(preferences.python)
    found = preferences.python;
    looked = {found};
    return
  end
  looked = lfads.internal.places_of_python();
  for k = 1:numel(looked)
    [has, found] = lfads.internal.has_lfads(looked{k});
    if has
      return
    end
  end
  error('lfads:noPython', ...
        ['no Python with lfads was found; looked at:\n  %s\n' ...
         'Name yours, lfads.setup(''python'', ''/path/to/python''), ' ...
         'or let one be made: lfads.setup(''install'', true)'], ...
      strjoin(looked, sprintf('\n  ')));
end
