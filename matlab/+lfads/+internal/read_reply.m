function reply = read_reply(folder, status)
%READ_REPLY  What the Python side answered; an error if it says one, or nothing.

  file = fullfile(folder, 'reply.json');
  if ~lfads.internal.is_file(file)
    if status == 130
      error('lfads:interrupted', 'interrupted');
    end
    error('lfads:noPython', ...
          'Python gave no answer (exit status %d): lfads.setup says what is missing', status);
  end
  reply = jsondecode(fileread(file));
  if isfield(reply, 'error')
    message = reply.error.message;
    if ~isempty(reply.error.traceback)
      message = sprintf('%s\n%s', message, reply.error.traceback);
    end
    error(reply.error.identifier, '%s', message);
  end
  if reply.status == 130
    error('lfads:interrupted', '%s', lfads.internal.stopped_text(reply.text));
  end
end
