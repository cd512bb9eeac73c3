"""Progress of trainings and searches, as people read it while they wait."""
