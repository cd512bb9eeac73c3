classdef RunParams < LFADS.RunParams
  properties
    firstMs = 0;  % where trials begin
  end
end
