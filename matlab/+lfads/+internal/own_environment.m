function folder = own_environment()
%OWN_ENVIRONMENT  The folder of the environment that lfads.setup makes.

  folder = fullfile(lfads.internal.home_folder(), '.lfads', 'environment');
end
