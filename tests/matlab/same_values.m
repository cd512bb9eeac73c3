function same = same_values(one, other)
%SAME_VALUES  Whether two values are alike in class, size and content; NaN is like NaN.

  same = strcmp(class(one), class(other)) && isequal(size(one), size(other));
  if ~same
    return
  end
  if iscell(one)
    for k = 1:numel(one)
      same = same && same_values(one{k}, other{k});
    end
  elseif isstruct(one)
    names = fieldnames(one);
    same = isequal(sort(names), sort(fieldnames(other)));
    for k = 1:numel(one)
      for f = 1:numel(names)
        same = same && same_values(one(k).(names{f}), other(k).(names{f}));
      end
    end
  else
    same = isequaln(one, other);
  end
end
