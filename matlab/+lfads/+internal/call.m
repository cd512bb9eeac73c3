function [answer, arrays, text] = call(command, given, arrays)
%CALL  Ask the Python side for one command, and wait for its answer.
%
%   [ANSWER, ARRAYS, TEXT] = lfads.internal.call(COMMAND, ARGUMENTS, ARRAYS)
%
%   COMMAND    a command as on the command line, such as 'train' or 'jobs list', or a function of
%              lfads.matlab.functions, such as 'read-posterior'
%   ARGUMENTS  a struct, a field a parameter: numbers, text, true and false, cells of text, and structs for
%              tables of settings; or a cell of words as on the command line
%   ARRAYS     a struct, a field an array, which goes to Python as MAT-file of version 7
%
%   ANSWER     what the command gives with --json, as a struct
%   ARRAYS     a struct of what comes back as arrays
%   TEXT       what the command prints
%
%   Everything travels in files of one folder, so no shell reads what a user gives. What the command says while
%   it works is shown as it comes. A mistake is an error with an identifier: 'lfads:mistake', 'lfads:file',
%   'lfads:memory', 'lfads:interrupted', 'lfads:internal', 'lfads:noPython'.

  if nargin < 2
    given = struct();
  end
  if nargin < 3
    arrays = struct();
  end
  given = lfads.internal.for_json(given, 'argument');
  python = lfads.internal.chosen_python();

  folder = tempname();
  [made, reason] = mkdir(folder);
  if ~made
    error('lfads:file', 'cannot make the folder %s: %s', folder, reason);
  end
  unfinished = onCleanup(@() lfads.internal.leave(folder));

  lfads.internal.write_request(folder, command, given, arrays);
  status = lfads.internal.run_python(python, {'matlab', 'call', folder});
  reply = lfads.internal.read_reply(folder, status);
  answer = reply.values;
  text = reply.text;
  arrays = lfads.internal.read_result(folder, reply);
end
