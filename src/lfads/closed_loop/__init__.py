"""Inference while an experiment goes on: a trained network's step without JAX, and bins on a wire.

`network` is the step in NumPy's arrays, from which `c_source` and `onnx_graph` are written; `engines` run
it. `bins_as_sent` and `bins_of_events` make bins of packets, and say which are missing, late or of a
source that began anew; `loop` infers them, and knows neither wires nor clocks. `wires` says what a wire is,
`lsl`, `redis_streams` and `recorded` are some, `running` joins all of it.
"""
