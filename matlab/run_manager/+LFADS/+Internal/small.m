function values = small(values)
%SMALL  Counts as the smallest class of whole numbers that holds them, so that less is sent.

  if isa(values, 'double') && ~isempty(values) && all(values(:) >= 0) && all(values(:) == floor(values(:)))
    largest = max(values(:));
    if largest <= 255
      values = uint8(values);
    elseif largest <= 65535
      values = uint16(values);
    end
  end
end
