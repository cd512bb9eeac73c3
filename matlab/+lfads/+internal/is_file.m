function found = is_file(path)
%IS_FILE  Whether a file is there.

  found = exist(path, 'file') == 2;
end
