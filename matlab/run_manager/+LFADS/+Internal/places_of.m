function places = places_of(names, known, what)
%PLACES_OF  Where names, a text or a cell of texts, stand among those that are known.

  names = cellstr(names);
  places = zeros(1, numel(names));
  for k = 1:numel(names)
    place = find(strcmp(known, names{k}));
    if isempty(place)
      error('lfads:argument', 'there is no %s ''%s''; there are %s', what, names{k}, strjoin(known, ', '));
    end
    places(k) = place;
  end
end
