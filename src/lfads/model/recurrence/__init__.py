"""The only loops over time, and their gradients written by hand.

Two recurrences make LFADS: a GRU driven by given inputs (`gru_sequence`: both encoders, and the
generator where there is no controller), and the controller and generator that drive each other
(`controlled_generator`). Both make the products of inputs before the loop and those of weight gradients
after it, each as one large product over all bins and trials. Autodiff would put the latter, one small one
per bin, inside the loop. What is kept from the forward pass is the states and gates alone.

A generator of another kind has its step alone, and autodiff (`by_steps`).

The same two as compiled kernels, of the package lfads-kernels, stand in `native` and `native_controlled`;
`paths` says when they are taken.

Nothing here draws random numbers: noise and dropout masks come in as arrays.
"""
