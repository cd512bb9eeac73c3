function value = for_json(value, name)
%FOR_JSON  Arguments in the form in which they travel: text, true and false, lists and structs of these.
%
%   Numbers become text that says them exactly, so that none is rounded, and infinite ones stay so.

  if isa(value, 'string')
    value = cellstr(value);
    if numel(value) == 1
      value = value{1};
    end
  end
  if isstruct(value)
    if numel(value) ~= 1
      error('lfads:argument', '''%s'' must be one struct; got %d', name, numel(value));
    end
    fields = fieldnames(value);
    for k = 1:numel(fields)
      value.(fields{k}) = lfads.internal.for_json(value.(fields{k}), fields{k});
    end
  elseif iscell(value)
    value = reshape(value, 1, []);
    for k = 1:numel(value)
      value{k} = lfads.internal.for_json(value{k}, name);
    end
  elseif ischar(value)
    if size(value, 1) > 1 || ndims(value) > 2
      error('lfads:argument', '''%s'' must be one line of text; got %d', name, size(value, 1));
    end
  elseif islogical(value)
    if numel(value) > 1
      value = num2cell(reshape(value, 1, []));
    end
  elseif isnumeric(value)
    if ~isreal(value)
      error('lfads:argument', '''%s'' must be real; got complex numbers', name);
    end
    texts = cell(1, numel(value));
    for k = 1:numel(value)
      texts{k} = lfads.internal.number_text(value(k));
    end
    if numel(texts) == 1
      texts = texts{1};
    end
    value = texts;
  else
    error('lfads:argument', ...
          '''%s'' must be numbers, text, true or false, or cells or structs of these; got a value of class %s', ...
          name, class(value));
  end
end
