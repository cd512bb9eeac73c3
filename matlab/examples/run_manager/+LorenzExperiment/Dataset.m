classdef Dataset < LFADS.Dataset
  methods
    function ds = Dataset(collection, relPath)
      ds = ds@LFADS.Dataset(collection, relPath);
    end

    function data = loadData(ds)
      in = load(ds.path);
      data = in.data;
    end

    function loadInfo(ds, reload)
      if ds.infoLoaded
        return
      end
      data = ds.loadData();
      ds.subject = data.subject;
      ds.nTrials = size(data.spikes, 1);
      ds.nChannels = size(data.spikes, 2);
      ds.datenum = datenum(data.datetime);
      ds.infoLoaded = true;
    end
  end
end
