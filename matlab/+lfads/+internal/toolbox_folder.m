function folder = toolbox_folder()
%TOOLBOX_FOLDER  The folder that holds +lfads.

  folder = fileparts(fileparts(fileparts(mfilename('fullpath'))));
end
