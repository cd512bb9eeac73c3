function warn_of_unused(given, used, what)
%WARN_OF_UNUSED  Name options that were given and have no effect here.

  names = fieldnames(given);
  for k = 1:numel(names)
    if ~any(strcmp(names{k}, used)) && ~isempty(given.(names{k}))
      warning('lfads:noEffect', '%s: ''%s'' has no effect here', what, names{k});
    end
  end
end
