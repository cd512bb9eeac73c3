"""Observations as a setting names them: one for all channels, or one for each of several modalities."""

from lfads.checks import UserError


def families_of(text: str) -> tuple[tuple[str, str], ...]:
    """Modalities with the names of their observations, as a setting writes them; none of one for all.

    Raises
    ------
    UserError
        If a part of the text is no `modality=observation`, or a modality is named twice.

    Examples
    --------
    >>> families_of("spikes=poisson + emg=gamma")
    (('spikes', 'poisson'), ('emg', 'gamma'))
    """
    if "=" not in text:
        return ()
    found: dict[str, str] = {}
    for each in text.split("+"):
        modality, _, name = (part.strip() for part in each.partition("="))
        if not (modality and name) or modality in found:
            raise UserError(
                "[model] `observation` of several modalities must name each once, as in "
                f'`"spikes=poisson + emg=gamma"`; got {text!r}'
            )
        found[modality] = name
    return tuple(found.items())


def completed(given: str | None, usual: str) -> str | None:
    """What was given of modalities, with what is usual for those that it does not name.

    >>> completed("emg=gamma", "spikes=poisson + emg=gaussian")
    'spikes=poisson + emg=gamma'
    """
    if not (families := families_of(given or "")):
        return given
    every = {**dict(families_of(usual)), **dict(families)}
    return " + ".join(f"{modality}={name}" for modality, name in every.items())


def names_of(text: str) -> tuple[str, ...]:
    """The observations that a setting names."""
    return tuple(dict.fromkeys(name for _, name in families_of(text))) or (text,)
