function need_index(value, largest, name)
%NEED_INDEX  Refuse what is no index from 1 to the largest.

  good = isnumeric(value) && ~isempty(value) && all(value(:) == round(value(:))) && ...
      all(value(:) >= 1) && all(value(:) <= largest);
  if ~good
    error('lfads:argument', '''%s'' must be whole numbers from 1 to %d', name, largest);
  end
end
