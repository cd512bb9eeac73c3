"""The only loops over time, and their gradients written by hand.

Two recurrences make LFADS: a GRU driven by given inputs (`gru_sequence`: both encoders, and the
generator where there is no controller), and the controller and generator that drive each other
(`controlled_generator`). Both take the input products ready made and keep every product for a weight
gradient outside the loop, as one large product over all bins and trials. Autodiff would put those
products, one small one per bin, inside the loop. What is kept from the forward pass is the states and
gates alone.

A generator of another kind has its step alone, and autodiff (`by_steps`).

Nothing here draws random numbers: noise and dropout masks come in as arrays. A faster kernel may
replace either function without any other module noticing.
"""
