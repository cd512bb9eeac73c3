function at = fields_at(names)
%FIELDS_AT  Names of fields within each other, as SUBSREF and SUBSASGN take them.

  names = reshape(names, 1, []);
  at = struct('type', repmat({'.'}, 1, numel(names)), 'subs', names);
end
