function name_conditions(handle, colours, labels, is_known)
%NAME_CONDITIONS  Which condition has which colour; of many only how many there are.

  if ~is_known || numel(labels) < 2
    return
  end
  if numel(labels) <= 7
    lfads.internal.name_lines(handle, colours, labels, 'condition');
  else
    lfads.internal.name_lines(handle, zeros(0, 3), {}, sprintf('%d conditions', numel(labels)));
  end
end
