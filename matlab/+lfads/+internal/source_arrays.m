function [arrays, given] = source_arrays(source, given)
%SOURCE_ARRAYS  What is given instead of a file, as the variables that a MAT-file would hold.

  arrays = struct();
  if ischar(source) || isa(source, 'string')
    return
  elseif isnumeric(source) || islogical(source)
    arrays.spikes = source;
  elseif iscell(source)
    if any(cellfun(@(one) min(size(one)) > 1, source(:)))
      arrays.spikes = source;
    else
      arrays.spike_times = source;
    end
  elseif isstruct(source) && numel(source) == 1
    arrays = source;
  elseif isstruct(source)
    arrays.trial = source;
  else
    error('lfads:argument', ...
          ['source must be a file, counts (trial x time x neuron), a cell of spike times, or structs; ' ...
           'got a value of class %s'], class(source));
  end
  [order, given] = lfads.internal.taken(given, 'axes', {'trial', 'time', 'neuron'});
  arrays = in_order(arrays, order);
  [width, given] = lfads.internal.taken(given, 'counts_bin_width_s', []);
  if ~isempty(width) && ~(isnumeric(width) && isscalar(width))
    error('lfads:argument', '''counts_bin_width_s'' must be one number, in seconds; got a value of class %s', ...
          class(width));
  end
  if isempty(width) && isfield(given, 'bin_width_s')
    width = given.bin_width_s;
  end
  holds_counts = isfield(arrays, 'spikes') || isfield(arrays, 'signals') || isfield(arrays, 'trial');
  if holds_counts && ~isfield(arrays, 'bin_width_s') && ~isempty(width)
    arrays.bin_width_s = width;
  end
end


function arrays = in_order(arrays, order)
  usual = {'trial', 'time', 'neuron'};
  if isa(order, 'string')
    order = cellstr(order);
  end
  if ~iscell(order) || numel(order) ~= 3 || ~isequal(sort(reshape(order, 1, [])), sort(usual))
    error('lfads:argument', '''axes'' must name trial, time and neuron, as in {''neuron'', ''time'', ''trial''}');
  end
  [~, turned] = ismember(usual, order);
  names = {'spikes', 'signals', 'observed', 'true_rates_hz'};
  for k = 1:numel(names)
    if isfield(arrays, names{k}) && (isnumeric(arrays.(names{k})) || islogical(arrays.(names{k})))
      arrays.(names{k}) = permute(arrays.(names{k}), turned);
    end
  end
end
