function out = pick(items, places)
%PICK  Of a cell of objects: all without places; one object for a single place; else a cell.
%
%   PLACES is a cell of subscripts, as they stand within parentheses.

  if isempty(places)
    out = items;
  else
    out = items(places{:});
    if numel(out) == 1 && ~any(cellfun(@ischar, places))
      out = out{1};
    end
  end
end
