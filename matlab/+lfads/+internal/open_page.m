function open_page(page)
%OPEN_PAGE  Open a page in the browser; where none can be, say where it is.

  if ~lfads.internal.is_octave()
    web(['file:///' strrep(page, '\', '/')], '-browser');
    return
  end
  if ispc()
    words = {'explorer', page};
  elseif ismac()
    words = {'open', page};
  else
    words = {'xdg-open', page};
  end
  if lfads.internal.run_words(words, true) ~= 0
    fprintf('open %s in a browser\n', page);
  end
end
