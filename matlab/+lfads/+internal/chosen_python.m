function found = chosen_python(given)
%CHOSEN_PYTHON  The Python that has lfads: what lfads.setup remembers, or finds. With an argument it is set.

  persistent known
  if nargin > 0
    known = given;
  end
  if isempty(known) || ~lfads.internal.is_file(known)
    known = lfads.internal.find_python();
  end
  found = known;
end
