function word = shell_quoted(word)
%SHELL_QUOTED  A word that a shell takes as it is.

  if any(word == char(10)) || any(word == char(13)) || any(word == char(0))
    error('lfads:argument', 'a path cannot hold the end of a line');
  end
  if ispc()
    if any(word == '"') || any(word == '%')
      error('lfads:argument', 'the path %s holds characters that Windows'' shell would act on', word);
    end
    word = ['"' word '"'];
  else
    word = ['''' strrep(word, '''', '''\''''') ''''];
  end
end
