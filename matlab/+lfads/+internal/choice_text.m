function text = choice_text(value, name)
%CHOICE_TEXT  A value of a choice of an analysis: lists with commas between.

  value = lfads.internal.for_json(value, name);
  if ischar(value)
    text = value;
  elseif islogical(value)
    words = {'false', 'true'};
    text = words{value + 1};
  elseif iscell(value)
    texts = cellfun(@(one) lfads.internal.choice_text(one, name), value, 'UniformOutput', false);
    text = strjoin(texts, ',');
  else
    error('lfads:argument', '''%s'' must be numbers, text, or true or false', name);
  end
end
