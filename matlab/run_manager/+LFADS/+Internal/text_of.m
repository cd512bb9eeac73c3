function text = text_of(value)
%TEXT_OF  A value as text that says it exactly: numbers, text, true and false, cells and structs of these.

  if isa(value, 'string') && isscalar(value)
    value = char(value);
  end
  if ischar(value)
    text = ['''' value ''''];
  elseif iscell(value)
    texts = cell(1, numel(value));
    for k = 1:numel(value)
      texts{k} = LFADS.Internal.text_of(value{k});
    end
    text = ['{' strjoin(texts, ', ') '}'];
  elseif isstruct(value)
    names = sort(fieldnames(value));
    texts = cell(1, numel(names));
    for k = 1:numel(names)
      texts{k} = [names{k} ': ' LFADS.Internal.text_of({value.(names{k})})];
    end
    text = ['struct(' strjoin(texts, ', ') ')'];
  elseif islogical(value) && isscalar(value)
    if value
      text = 'true';
    else
      text = 'false';
    end
  elseif isnumeric(value) || islogical(value)
    text = strtrim(sprintf('%.17g ', double(value(:))));
    if isempty(value) || numel(value) > 1
      text = ['[' text ']'];
    end
  else
    error('lfads:argument', 'expected numbers, text, or cells or structs of these; got a value of class %s', ...
          class(value));
  end
end
