function set_variables(values)
%SET_VARIABLES  Set variables of the environment.

  names = fieldnames(values);
  for k = 1:numel(names)
    setenv(names{k}, values.(names{k}));
  end
end
