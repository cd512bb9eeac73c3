"""What other tools infer, by session and split: their files written and read."""
