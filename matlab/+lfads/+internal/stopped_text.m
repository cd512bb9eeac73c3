function text = stopped_text(text)
%STOPPED_TEXT  What a command that was interrupted said, in the words of the toolbox.

  if isempty(text)
    text = 'interrupted';
  end
  text = strrep(text, 'the same command and ''resume'', true', 'lfads.resume');
end
