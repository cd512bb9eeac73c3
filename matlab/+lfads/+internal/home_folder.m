function folder = home_folder()
%HOME_FOLDER  The user's home.

  folder = getenv('HOME');
  if isempty(folder)
    folder = getenv('USERPROFILE');
  end
end
