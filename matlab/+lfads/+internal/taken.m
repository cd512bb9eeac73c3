function [value, given] = taken(given, name, usual)
%TAKEN  The value of an argument, or the usual one, and the others.

  value = usual;
  if isfield(given, name)
    value = given.(name);
    given = rmfield(given, name);
  end
end
