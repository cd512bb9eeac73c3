function text = number_text(value)
%NUMBER_TEXT  A number as the shortest text that is read as the same number.

  if isinteger(value)
    text = sprintf('%d', value);
    return
  end
  value = double(value);
  if isinf(value)
    text = 'inf';
    if value < 0
      text = '-inf';
    end
    return
  end
  text = sprintf('%.15g', value);
  if str2double(text) ~= value && ~isnan(value)
    text = sprintf('%.17g', value);
  end
end
