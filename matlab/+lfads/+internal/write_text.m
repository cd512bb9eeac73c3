function write_text(file, text)
%WRITE_TEXT  Write a text file in UTF-8.

  [id, reason] = fopen(file, 'w', 'n', 'UTF-8');
  if id < 0
    error('lfads:file', 'cannot write %s: %s', file, reason);
  end
  closed = onCleanup(@() fclose(id));
  fprintf(id, '%s', text);
end
