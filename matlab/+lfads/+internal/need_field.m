function need_field(given, name, what, makes)
%NEED_FIELD  Refuse what is no struct of the kind that is needed, in a sentence.

  if ~isstruct(given) || numel(given) ~= 1 || ~isfield(given, name)
    error('lfads:argument', '%s must be a struct with %s, as %s gives it', what, name, makes);
  end
end
