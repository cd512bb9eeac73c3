"""Recordings before trials are cut from them: sources, what can be chosen, and the cutting."""
