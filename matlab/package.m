function file = package(version, out)
%PACKAGE  Make lfads.mltbx, which MATLAB installs by a double click. Run by MATLAB R2023a or later, never by Octave.
%
%   FILE = PACKAGE(VERSION)
%   FILE = PACKAGE(VERSION, OUT)
%
%   VERSION  of lfads, such as '0.1.0'
%   OUT      file to write; lfads.mltbx in the working folder by default
%
%   The toolbox calls Python, which the file does not hold: lfads.setup finds or makes it after the installation.
%   Nobody has run this in MATLAB yet.

  if nargin < 2
    out = fullfile(pwd(), 'lfads.mltbx');
  end
  here = fileparts(mfilename('fullpath'));
  folder = tempname();
  mkdir(folder);
  copyfile(fullfile(here, '+lfads'), fullfile(folder, '+lfads'));
  copyfile(fullfile(here, 'run_manager'), fullfile(folder, 'run_manager'));
  copyfile(fullfile(here, 'examples'), fullfile(folder, 'examples'));
  options = matlab.addons.toolbox.ToolboxOptions(folder, '6d1c2f5e-7a54-4d0c-9b0e-2f1f5a3c8e41');
  options.ToolboxName = 'lfads';
  options.ToolboxVersion = version;
  options.AuthorName = 'The lfads developers';
  options.Summary = 'Latent factor analysis via dynamical systems: single-trial neural dynamics from spikes';
  options.Description = ['Calls the Python package lfads: data files from counts and spike times, training, ' ...
                         'posteriors as structs, figures. lfads.setup finds or makes the Python.'];
  options.MinimumMatlabRelease = 'R2019b';
  options.ToolboxMatlabPath = {folder, fullfile(folder, 'run_manager')};
  options.OutputFile = out;
  matlab.addons.toolbox.packageToolbox(options);
  rmdir(folder, 's');
  file = out;
end
