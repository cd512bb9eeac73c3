function given = plot_options(values, usual)
%PLOT_OPTIONS  Options of a plot: the usual ones, with those that were given.

  asked = lfads.internal.named(values);
  given = usual;
  given.axes = [];
  names = fieldnames(asked);
  for k = 1:numel(names)
    if ~isfield(given, names{k})
      known = strjoin(cellfun(@(one) ['''' one ''''], fieldnames(given), 'UniformOutput', false)', ', ');
      error('lfads:argument', 'there is no argument ''%s''; there are %s', names{k}, known);
    end
    given.(names{k}) = asked.(names{k});
  end
end
