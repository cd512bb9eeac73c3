function [found, session_names] = by_session(answer, contents)
%BY_SESSION  The struct of the only session, or a struct with a field a session.

  session_names = cellstr(answer.session_names);
  fields = cellstr(answer.fields);
  if numel(fields) == 1
    found = contents.(fields{1});
    return
  end
  found = struct();
  for k = 1:numel(fields)
    found.(fields{k}) = contents.(fields{k});
  end
end
