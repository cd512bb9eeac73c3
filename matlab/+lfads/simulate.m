function file = simulate(name, out, varargin)
%SIMULATE  Make spikes with known rates and latents.
%
%  FILE = LFADS.SIMULATE(NAME, OUT, NAME, VALUE, ...)
%
%  NAME                    The simulation, one of those that `lfads parts simulations` lists, such as lorenz.
%  OUT                     HDF5 file to write, such as NAME.h5.
%
%  'seed'                  Same seed, same data. [whole number; default: 0]
%  'overwrite'             Replace a file that is there already. [true or false]
%
%  FILE is the file that was written: lfads.train takes it, lfads.read_data reads it.
%
%  Example
%    file = lfads.simulate('lorenz', 'lorenz.h5');
%    lfads.show(file)
%
%  See also lfads.show, lfads.read_data, lfads.train

  given = lfads.internal.named(varargin);
  given.name = name;
  given.out = lfads.internal.path_text(out, 'out');
  [answer, ~, text] = lfads.internal.call('simulate', given);
  lfads.internal.said(text, nargout);
  if nargout > 0
    file = lfads.internal.absolute(answer.out);
  end
end
