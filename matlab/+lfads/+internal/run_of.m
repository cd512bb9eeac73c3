function run = run_of(folder, summary)
%RUN_OF  What the functions that train give back: where the run is, and how it ended.

  run = struct('folder', lfads.internal.absolute(folder), 'summary', summary);
end
