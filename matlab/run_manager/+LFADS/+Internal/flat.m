function items = flat(given)
%FLAT  Objects that were given one by one, in cells, or as an array, as one row cell.

  items = {};
  for k = 1:numel(given)
    one = given{k};
    if iscell(one)
      items = [items LFADS.Internal.flat(one)];
    elseif numel(one) == 1
      items{end + 1} = one;
    else
      for n = 1:numel(one)
        items{end + 1} = one(n);
      end
    end
  end
end
