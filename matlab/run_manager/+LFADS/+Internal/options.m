function found = options(known, given, what)
%OPTIONS  Names and values as a struct; KNOWN holds all names with their defaults.

  found = known;
  if mod(numel(given), 2)
    error('lfads:argument', '%s takes names and values in turn; got %d items', what, numel(given));
  end
  names = fieldnames(known);
  for k = 1:2:numel(given)
    name = given{k};
    place = find(strcmpi(names, name));
    if isempty(place)
      error('lfads:argument', '%s has no option ''%s''; it has %s', what, name, strjoin(names', ', '));
    end
    found.(names{place}) = given{k + 1};
  end
end
