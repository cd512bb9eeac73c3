function check_array(value, name)
%CHECK_ARRAY  Refuse what cannot be sent, and say where it is.

  if iscell(value)
    for k = 1:numel(value)
      lfads.internal.check_array(value{k}, sprintf('%s{%d}', name, k));
    end
  elseif isstruct(value)
    fields = fieldnames(value);
    for k = 1:numel(value)
      for f = 1:numel(fields)
        lfads.internal.check_array(value(k).(fields{f}), sprintf('%s(%d).%s', name, k, fields{f}));
      end
    end
  elseif isnumeric(value)
    if ~isreal(value)
      error('lfads:argument', '%s holds complex numbers, which cannot be sent: give real(x) or abs(x)', name);
    end
  elseif ~islogical(value) && ~ischar(value)
    advice = 'give plain numbers, text, cells and structs';
    if isa(value, 'string')
      advice = 'give cellstr(x)';
    end
    error('lfads:argument', '%s is of class %s, which cannot be sent: %s', name, class(value), advice);
  end
end
