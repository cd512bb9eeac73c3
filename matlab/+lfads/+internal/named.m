function given = named(values, given)
%NAMED  Names and values, NAME, VALUE, …, as a struct; structs among them give a field each.
%
%   A name with a dot, such as 'training.num_epochs', is a field of a struct.

  if nargin < 2
    given = struct();
  end
  k = 1;
  while k <= numel(values)
    name = values{k};
    if isa(name, 'string')
      name = char(name);
    end
    if isstruct(name) && numel(name) == 1
      fields = fieldnames(name);
      for f = 1:numel(fields)
        given.(fields{f}) = name.(fields{f});
      end
      k = k + 1;
    elseif ~ischar(name)
      error('lfads:argument', ...
            'expected the name of an argument, such as ''seed'', as argument %d of these; got a value of class %s', ...
            k, class(name));
    elseif k == numel(values)
      error('lfads:argument', 'the argument ''%s'' has no value: give NAME, VALUE', name);
    else
      given = with(given, name, values{k + 1});
      k = k + 2;
    end
  end
end


function given = with(given, name, value)
  parts = strsplit(name, '.');
  for k = 1:numel(parts)
    if isempty(regexp(parts{k}, '^[A-Za-z]\w*$', 'once'))
      error('lfads:argument', 'there is no argument ''%s'': names are letters, digits and _', name);
    end
  end
  if numel(parts) == 1
    given.(name) = value;
    return
  end
  if ~isfield(given, parts{1})
    given.(parts{1}) = struct();
  end
  given.(parts{1}) = with(given.(parts{1}), strjoin(parts(2:end), '.'), value);
end
