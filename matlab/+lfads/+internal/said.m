function said(text, wanted)
%SAID  Show what a command says, where nothing of it is given back.

  if wanted == 0 && ~isempty(text)
    disp(text);
  end
end
